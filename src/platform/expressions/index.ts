export * from './expression.rules.js';
export * from './expressions.js';

export * from './any-signal.js';
export * from './deadlines.js';

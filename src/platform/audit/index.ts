export * from './actor.js';
export * from './difference.rules.js';
export * from './trail.js';

export * from './fanout.js';
export * from './push.js';
export * from './realtime.module.js';

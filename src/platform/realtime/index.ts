export * from './close.js';
export * from './coalescer.js';
export * from './command.js';
export * from './connection.js';
export * from './fanout.js';
export * from './presence/peer-directory.js';
export type { Push } from './push.js';
export * from './realtime.module.js';
export * from './room-directory.js';

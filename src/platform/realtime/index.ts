export * from './close.js';
export * from './command.js';
export * from './connection.js';
export * from './fanout.js';
export * from './push.js';
export * from './realtime.module.js';
export * from './room-directory.js';

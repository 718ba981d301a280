export * from './paused-clients.js';
export * from './work-engine.js';
export * from './work.js';
export * from './work.module.js';
export { type WorkCount, WorkStore } from './work.store.js';

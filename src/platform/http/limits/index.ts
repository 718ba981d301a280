export * from './failures.js';
export * from './rate-limit.guard.js';
export * from './windows.store.js';

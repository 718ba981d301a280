export * from './doors.js';
export * from './failures.js';
export * from './inbound-limits.js';
export * from './rate-limit.guard.js';
export * from './rate-refusals.js';
export * from './request-limits.js';
export * from './windows.store.js';

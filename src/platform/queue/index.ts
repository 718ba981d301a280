export * from './dashboard.js';
export * from './each-in-turn.js';
export * from './hints.js';
export * from './queue.module.js';
export { type RecurringJob, RecurringJobs } from './recurring.js';

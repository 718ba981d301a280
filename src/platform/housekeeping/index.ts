export * from './housekeeping.module.js';

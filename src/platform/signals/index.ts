export * from './any-signal.js';

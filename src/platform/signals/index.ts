export * from './any-signal.js';
export * from './deadlines.js';
export * from './until-aborted.js';

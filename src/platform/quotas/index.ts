export * from './quota.events.js';
export * from './quota.rules.js';
export * from './quota.view.js';

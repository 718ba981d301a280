export * from './audit.js';
export * from './clock.js';
export * from './database.js';
export * from './database.module.js';
export * from './group-commit.js';
export * from './ids.js';
export * from './notices.js';
export * from './statement.js';

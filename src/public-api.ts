/** What a team imports from the package; all else is private and may change. */
export { AppModule, type AppOptions } from './app.module.js';
export { boot, type Running } from './boot.js';
export { readEnv, type ResolvedEnv } from './config/index.js';
export * from './extension/index.js';

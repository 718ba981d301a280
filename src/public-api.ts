/** What a team imports from the package; all else is private and may change. */
import 'reflect-metadata';

export { AppModule, type AppOptions } from './app.module.js';
export { readEnv, type ResolvedEnv } from './config/index.js';
export * from './extension/index.js';
export { type Service, start, type StartOptions } from './start.js';

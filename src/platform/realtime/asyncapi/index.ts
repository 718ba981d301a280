export * from './document.js';
export type { AsyncApiDocument } from './model.js';
export * from './serve.js';

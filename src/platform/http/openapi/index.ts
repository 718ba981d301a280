export * from './document.js';
export { exampleOf, resolved, type Schema, type Schemas } from './example.js';
export { versionOfThis } from './frame.js';
export * from './pages.js';
export { type ViewSchema, ViewSchemas } from './view-schemas.js';

export type { NewSuppression } from './suppression.js';
export { SuppressionsLocked } from './suppression-keys.js';
export { SuppressionList } from './suppression-list.js';
export { isKeptBack, type SuppressionReason } from './suppressions.rules.js';
export { SuppressionsModule } from './suppressions.module.js';

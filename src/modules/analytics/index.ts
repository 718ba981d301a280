export { AnalyticsModule } from './analytics.module.js';
export { Counted } from './counted.js';
export type { CountedSince } from './counted.repository.js';

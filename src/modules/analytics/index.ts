export { AnalyticsModule } from './analytics.module.js';
export { Counted } from './counted.js';

export { Allowance, type Wanted } from './allowance.js';
export { QuotaExceeded } from './quotas.errors.js';
export { QuotasModule } from './quotas.module.js';
export { channelCount, type Countable } from './quotas.rules.js';
export { Quotas, type QuotaUse } from './quotas.js';
export { QuotaUseView } from './usage.view.js';

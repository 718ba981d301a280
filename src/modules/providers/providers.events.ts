import type { OutboundTable } from '../../platform/outbox/index.js';
import { ProviderStateView } from './provider-told.view.js';

/** What other systems are told of providers. Of their limits they are told as of any: `QUOTA_OUTBOUND`. */
export const PROVIDER_OUTBOUND = {
  'provider.degraded': {
    summary: 'A provider is at fault again and again: its breaker has opened, and others take over or work waits',
    data: ProviderStateView,
  },
  'provider.recovered': { summary: 'A provider is well again: its breaker has closed', data: ProviderStateView },
} as const satisfies OutboundTable;

declare module '../../platform/outbox/outbound-event.js' {
  interface OutboundTables {
    readonly providers: typeof PROVIDER_OUTBOUND;
  }
}

import type { OutboundTable } from '../../platform/outbox/index.js';
import { ProviderStateView, QuotaView } from './provider-told.view.js';

/** What other systems are told of providers, and of limits. */
export const PROVIDER_OUTBOUND = {
  'provider.degraded': {
    summary: 'A provider is at fault again and again: its breaker has opened, and others take over or work waits',
    data: ProviderStateView,
  },
  'provider.recovered': { summary: 'A provider is well again: its breaker has closed', data: ProviderStateView },
  'quota.warning': { summary: 'Four fifths of a limit are used; once in its window', data: QuotaView },
  'quota.exceeded': { summary: 'A limit is spent; what follows waits. Once in its window', data: QuotaView },
} as const satisfies OutboundTable;

declare module '../../platform/outbox/outbound-event.js' {
  interface OutboundTables {
    readonly providers: typeof PROVIDER_OUTBOUND;
  }
}

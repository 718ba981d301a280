import type { OutboundTable } from '../outbox/index.js';
import { QuotaView } from './quota.view.js';

/** What other systems are told of limits, whosever they are. */
export const QUOTA_OUTBOUND = {
  'quota.warning': { summary: 'Four fifths of a limit are used; once in its window', data: QuotaView },
  'quota.exceeded': {
    summary: 'A limit is spent: what follows waits (a provider’s) or is refused (the client’s). Once in its window',
    data: QuotaView,
  },
} as const satisfies OutboundTable;

declare module '../outbox/outbound-event.js' {
  interface OutboundTables {
    readonly quotas: typeof QUOTA_OUTBOUND;
  }
}

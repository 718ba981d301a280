import type { OutboundTable } from '../../platform/outbox/index.js';
import { EndpointDisabledView, EndpointTestView } from './endpoint-events.view.js';

/** What other systems are told of endpoints themselves. */
export const ENDPOINT_OUTBOUND = {
  'endpoint.disabled': { summary: 'An endpoint is told of nothing any more', data: EndpointDisabledView },
  'endpoint.test': { summary: 'Somebody asked for a test', data: EndpointTestView },
} as const satisfies OutboundTable;

declare module '../../platform/outbox/outbound-event.js' {
  interface OutboundTables {
    readonly endpoints: typeof ENDPOINT_OUTBOUND;
  }
}

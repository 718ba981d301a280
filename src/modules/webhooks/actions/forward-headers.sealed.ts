import { type SealedRows, sealedColumn } from '../../../platform/security/index.js';
import { boundToRules } from './forward-headers.js';

const headersIn = (what: string, table: string): SealedRows =>
  sealedColumn({
    what,
    table,
    column: 'forward_headers',
    key: { client_id: 'clientId', id: 'id' },
    boundTo: ({ clientId, id }) => boundToRules({ clientId: String(clientId), id: String(id) }),
  });

/** What headers of `forward` say: in sources' rules, and in those of events that have come. */
export const FORWARD_HEADERS_SEALED = [
  headersIn('headers in rules of webhooks', 'webhook_sources'),
  headersIn('headers in rules of inbound events', 'inbound_events'),
];

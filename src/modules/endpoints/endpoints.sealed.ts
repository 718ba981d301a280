import { sealedColumn } from '../../platform/security/index.js';
import { boundToEndpoint } from './endpoint-headers.js';

/** The custom headers of endpoints. */
export const ENDPOINTS_SEALED = sealedColumn({
  what: 'headers of webhook endpoints',
  table: 'webhook_endpoints',
  column: 'headers',
  key: { client_id: 'clientId', id: 'endpointId' },
  boundTo: ({ clientId, endpointId }) =>
    boundToEndpoint({ clientId: String(clientId), endpointId: String(endpointId) }),
});

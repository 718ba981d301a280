import { sealedColumn } from '../../platform/security/index.js';
import { boundToSigning } from './signing.rules.js';

/** The secrets that webhooks are signed with and verified by. */
export const SIGNING_SECRETS_SEALED = sealedColumn({
  what: 'signing secrets of webhooks',
  table: 'signing_secrets',
  column: 'sealed',
  key: { client_id: 'clientId', owner_id: 'ownerId', id: 'id' },
  boundTo: ({ clientId, ownerId, id }) => boundToSigning(String(clientId), String(ownerId), String(id)),
});

import { sealedColumn } from '../../platform/security/index.js';
import { boundToSuppressions } from './suppressions.rules.js';

/** The keys by which suppressed addresses are known. */
export const SUPPRESSION_KEYS_SEALED = sealedColumn({
  what: 'keys of suppressions',
  table: 'suppression_keys',
  column: 'sealed',
  key: { client_id: 'clientId' },
  boundTo: ({ clientId }) => boundToSuppressions(String(clientId)),
});

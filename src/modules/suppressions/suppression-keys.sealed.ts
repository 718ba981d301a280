import { statement } from '../../platform/database/index.js';
import type { SealedRows } from '../../platform/security/index.js';
import { boundToSuppressions } from './suppressions.rules.js';

/** The keys by which suppressed addresses are known. */
export const SUPPRESSION_KEYS_SEALED: SealedRows = {
  what: 'keys of suppressions',
  count: statement(
    'suppression_keys.sealed',
    `SELECT sealed->>'kid' AS kid, count(*)::integer AS count FROM suppression_keys GROUP BY 1`,
  ),
  lock: statement(
    'suppression_keys.sealed_lock',
    `SELECT client_id AS "clientId", sealed FROM suppression_keys
      WHERE ($4::json IS NULL OR client_id > ($4::json->>'clientId')::uuid) AND sealed->>'kid' <> $1 AND sealed->>'kid' = ANY ($2::varchar[])
      ORDER BY client_id LIMIT $3 FOR NO KEY UPDATE`,
  ),
  write: statement(
    'suppression_keys.sealed_write',
    `UPDATE suppression_keys k SET sealed = w.sealed FROM json_to_recordset($1) AS w ("clientId" uuid, sealed jsonb)
      WHERE k.client_id = w."clientId"`,
  ),
  boundTo: ({ clientId }) => boundToSuppressions(String(clientId)),
};

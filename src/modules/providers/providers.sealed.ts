import { statement } from '../../platform/database/index.js';
import type { SealedRows } from '../../platform/security/index.js';
import { boundToProvider } from './provider-settings.js';

/** The settings of providers. */
export const PROVIDERS_SEALED: SealedRows = {
  what: 'settings of providers',
  count: statement(
    'providers.sealed',
    `SELECT settings->>'kid' AS kid, count(*)::integer AS count FROM providers GROUP BY 1`,
  ),
  lock: statement(
    'providers.sealed_lock',
    `SELECT client_id AS "clientId", id, settings AS sealed FROM providers
      WHERE ($4::json IS NULL OR (client_id, id) > (($4::json->>'clientId')::uuid, ($4::json->>'id')::uuid))
        AND settings->>'kid' <> $1 AND settings->>'kid' = ANY ($2::varchar[])
      ORDER BY client_id, id LIMIT $3 FOR NO KEY UPDATE`,
  ),
  write: statement(
    'providers.sealed_write',
    `UPDATE providers p SET settings = w.sealed FROM json_to_recordset($1) AS w ("clientId" uuid, id uuid, sealed jsonb)
      WHERE p.client_id = w."clientId" AND p.id = w.id`,
  ),
  boundTo: ({ clientId, id }) => boundToProvider(String(clientId), String(id)),
};

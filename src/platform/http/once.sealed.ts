import { statement } from '../database/index.js';
import type { SealedRows } from '../security/index.js';
import { boundTo } from './once.store.js';

/** Answers that are not sealed are none of JSON's business here. */
const KID = `CASE WHEN sealed THEN body::json->>'kid' END`;

/** Answers with secrets that are kept for retries, for a day. */
export const ONCE_SEALED: SealedRows = {
  what: 'answers kept for retries',
  count: statement(
    'once.sealed',
    `SELECT ${KID} AS kid, count(*)::integer AS count FROM idempotency_keys WHERE sealed GROUP BY 1`,
  ),
  lock: statement(
    'once.sealed_lock',
    `SELECT client_id AS "clientId", scope, key, body::json AS sealed FROM idempotency_keys
      WHERE sealed AND ($4::json IS NULL OR (client_id, scope, key) > (($4::json->>'clientId')::uuid, $4::json->>'scope', $4::json->>'key'))
        AND ${KID} <> $1 AND ${KID} = ANY ($2::varchar[])
      ORDER BY client_id, scope, key LIMIT $3 FOR NO KEY UPDATE`,
  ),
  write: statement(
    'once.sealed_write',
    `UPDATE idempotency_keys k SET body = w.sealed::text FROM json_to_recordset($1) AS w ("clientId" uuid, scope varchar, key varchar, sealed json)
      WHERE k.client_id = w."clientId" AND k.scope = w.scope AND k.key = w.key AND k.sealed`,
  ),
  boundTo: ({ clientId, scope, key }) =>
    boundTo({ clientId: String(clientId), scope: String(scope), key: String(key) }),
};

import { statement } from '../../platform/database/index.js';
import type { SealedRows } from '../../platform/security/index.js';
import { boundToDevice } from './devices.rules.js';

/** The addresses of devices. */
export const DEVICES_SEALED: SealedRows = {
  what: 'addresses of devices',
  count: statement(
    'devices.sealed',
    `SELECT address->>'kid' AS kid, count(*)::integer AS count FROM devices GROUP BY 1`,
  ),
  lock: statement(
    'devices.sealed_lock',
    `SELECT client_id AS "clientId", id, address AS sealed FROM devices
      WHERE ($4::json IS NULL OR (client_id, id) > (($4::json->>'clientId')::uuid, ($4::json->>'id')::uuid))
        AND address->>'kid' <> $1 AND address->>'kid' = ANY ($2::varchar[])
      ORDER BY client_id, id LIMIT $3 FOR NO KEY UPDATE`,
  ),
  write: statement(
    'devices.sealed_write',
    `UPDATE devices d SET address = w.sealed FROM json_to_recordset($1) AS w ("clientId" uuid, id uuid, sealed jsonb)
      WHERE d.client_id = w."clientId" AND d.id = w.id`,
  ),
  boundTo: ({ clientId, id }) => boundToDevice(String(clientId), String(id)),
};

import { sealedColumn } from '../../platform/security/index.js';
import { boundToDevice } from './devices.rules.js';

/** The addresses of devices. */
export const DEVICES_SEALED = sealedColumn({
  what: 'addresses of devices',
  table: 'devices',
  column: 'address',
  key: { client_id: 'clientId', id: 'id' },
  boundTo: ({ clientId, id }) => boundToDevice(String(clientId), String(id)),
});

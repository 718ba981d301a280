import { sealedColumn } from '../../platform/security/index.js';
import { boundToProvider } from './provider-settings.js';

/** The settings of providers. */
export const PROVIDERS_SEALED = sealedColumn({
  what: 'settings of providers',
  table: 'providers',
  column: 'settings',
  key: { client_id: 'clientId', id: 'id' },
  boundTo: ({ clientId, id }) => boundToProvider(String(clientId), String(id)),
});

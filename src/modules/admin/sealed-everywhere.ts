import { ONCE_SEALED } from '../../platform/http/once.sealed.js';
import type { SealedRows } from '../../platform/security/index.js';
import { ENDPOINTS_SEALED } from '../endpoints/endpoints.sealed.js';
import { PROVIDERS_SEALED } from '../providers/providers.sealed.js';
import { SIGNING_SECRETS_SEALED } from '../signing/signing-secrets.sealed.js';
import { SUPPRESSION_KEYS_SEALED } from '../suppressions/suppression-keys.sealed.js';
import { DEVICES_SEALED } from '../users/devices.sealed.js';
import { FORWARD_HEADERS_SEALED } from '../webhooks/actions/forward-headers.sealed.js';

/** Whatever the keys of `SECRET_KEY` seal; the same as `npm run secrets:rotate` goes through. */
export const SEALED_EVERYWHERE: readonly SealedRows[] = [
  ...FORWARD_HEADERS_SEALED,
  ...[PROVIDERS_SEALED, ENDPOINTS_SEALED, DEVICES_SEALED, SUPPRESSION_KEYS_SEALED, SIGNING_SECRETS_SEALED, ONCE_SEALED],
];

import { ENDPOINTS_SEALED } from './modules/endpoints/endpoints.sealed.js';
import { FORWARD_HEADERS_SEALED } from './modules/webhooks/actions/forward-headers.sealed.js';
import { PROVIDERS_SEALED } from './modules/providers/providers.sealed.js';
import { SIGNING_SECRETS_SEALED } from './modules/signing/signing-secrets.sealed.js';
import { SUPPRESSION_KEYS_SEALED } from './modules/suppressions/suppression-keys.sealed.js';
import { DEVICES_SEALED } from './modules/users/devices.sealed.js';
import { ONCE_SEALED } from './platform/http/once.sealed.js';
import type { SealedRows } from './platform/security/index.js';

/** All that is kept under the keys of `SECRET_KEY`. */
export const EVERYTHING_SEALED: readonly SealedRows[] = [
  ...FORWARD_HEADERS_SEALED,
  PROVIDERS_SEALED,
  ENDPOINTS_SEALED,
  DEVICES_SEALED,
  SUPPRESSION_KEYS_SEALED,
  SIGNING_SECRETS_SEALED,
  ONCE_SEALED,
];

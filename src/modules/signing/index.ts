export { isWebhookSecret, newWebhookSecret, type SignedCall, signatureHeaders } from '../../extension/index.js';
export { ClientSignature } from './client-signature.js';
export type { SigningState } from './signing-secrets.repository.js';
export { SigningLocked, type SigningRotation, SigningSecrets } from './signing-secrets.js';
export { LIVE_MAX, OVERLAP_MAX_SECONDS } from './signing.rules.js';
export { SigningModule } from './signing.module.js';

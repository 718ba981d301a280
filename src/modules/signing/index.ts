export { isWebhookSecret, signatureHeaders } from '../../extension/index.js';
export { ClientSignature } from './client-signature.js';
export { SigningSecrets } from './signing-secrets.js';
export { LIVE_MAX, OVERLAP_MAX_SECONDS } from './signing.rules.js';
export { SigningModule } from './signing.module.js';

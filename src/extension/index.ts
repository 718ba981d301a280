export { ExpressionFailed, Expressions, ExpressionsBusy, faultOfExpression } from '../platform/expressions/index.js';
export { isUuid } from '../platform/database/ids.js';
export { HOPS_HEADER } from '../platform/outbox/hops.js';
export {
  Base64,
  Choices,
  Email,
  EmailList,
  Flag,
  Int,
  IntList,
  isEmailAddress,
  isPhoneNumber,
  JsonObject,
  OneOf,
  Part,
  PartList,
  Phone,
  Text,
  TextList,
  Time,
  Url,
  Uuid,
} from '../platform/http/fields.js';
export {
  type Address,
  type Channel,
  type ChannelDescriptor,
  type ContentFault,
  type ContentLimits,
  DeliveryChannel,
  type Destination,
  type Party,
} from './channel.js';
export * from './contents.js';
export * from './http-call.js';
export * from './http-outcome.js';
export * from './inbound-request.js';
export { InvalidPlugin } from './invalid-plugin.js';
export * from './messages.js';
export * from './outcome.js';
export { definePlugin, EXTENSION_VERSION, type Plugin } from './plugin.js';
export {
  type BatchItem,
  type CallContext,
  DeliveryProvider,
  type Provider,
  type ProviderContext,
  type ProviderDescriptor,
  Secret,
} from './provider.js';
export * from './receipt.js';
export * from './signature.js';
export {
  newSigningSecret,
  onceByBytes,
  onceById,
  type Scheme,
  shownText,
  type Verification,
  type Verified,
  type WebhookAnswer,
  WebhookScheme,
  type WebhookSchemeDescriptor,
} from './webhook-scheme.js';
export {
  type CallSigner,
  type CallToSign,
  isWebhookSecret,
  newWebhookSecret,
  type SignedCall,
  signatureHeaders,
} from './webhook-signature.js';

export {
  Choices,
  Email,
  Flag,
  Int,
  JsonObject,
  OneOf,
  Part,
  PartList,
  Text,
  TextList,
  Time,
  Uuid,
} from '../platform/http/index.js';
export * from './outcome.js';
export { definePlugin, EXTENSION_VERSION, type Plugin } from './plugin.js';
export {
  DeliveryProvider,
  type EmailAddress,
  type EmailAttachment,
  type EmailMessage,
  type Provider,
  type ProviderContext,
  type ProviderDescriptor,
  Secret,
} from './provider.js';

/** For the tests of a plugin: the contracts as checks for any runner, and the service with the plugin in it. */
import 'reflect-metadata';

export { callContext } from './call-context.js';
export { type ChannelGiven, channelContract } from './channel-contract.js';
export { ContractBroken, type ContractCheck } from './check.js';
export type { Peer } from './peers.js';
export { providerContract } from './provider-contract.js';
export type { ProviderGiven } from './provider-given.js';
export { webhookSchemeContract } from './scheme-contract.js';
export type { SchemeGiven } from './scheme-given.js';
export { type ServiceWish, startService, type TestService } from './service.js';

export { type Route, ProviderRouter } from './provider-router.js';
export { ProviderSender } from './provider-sender.js';
export { ProvidersModule } from './providers.module.js';

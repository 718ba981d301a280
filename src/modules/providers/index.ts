export { type Route, ProviderRouter } from './provider-router.js';
export { ProviderSender, type SendCall } from './provider-sender.js';
export { ProvidersModule } from './providers.module.js';

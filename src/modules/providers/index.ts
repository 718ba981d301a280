export { type PolledProvider, ProviderEvents, type ToldByProvider } from './provider-events.js';
export { type Choice, type PassedOver, ProviderRouter, type Route, type RouteWish } from './provider-router.js';
export { ProviderSender, type SendCall } from './provider-sender.js';
export { ProvidersModule } from './providers.module.js';

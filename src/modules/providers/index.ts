export { type PolledProvider, ProviderEvents, type ToldByProvider } from './provider-events.js';
export { PROVIDERS_SET } from './provider-breakers.js';
export {
  type Choice,
  PASS_REASONS,
  type PassedOver,
  type PassReason,
  ProviderRouter,
  type Route,
  type RouteWish,
} from './provider-router.js';
export { ProviderSender, type SendCall } from './provider-sender.js';
export { ProviderPageView, ProviderView } from './provider.view.js';
export { ProvidersService } from './providers.service.js';
export { ProvidersModule } from './providers.module.js';

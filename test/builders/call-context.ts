import type { ProviderContext } from '../../src/extension/index.js';
import { callContext } from '../../src/testing/call-context.js';

interface Wish {
  readonly deliveryId?: string;
  readonly signal?: AbortSignal;
  readonly eventsUrl?: string | null;
  /** Networks that may be called besides public ones. */
  readonly allowed?: string;
}

export const A_DELIVERY = '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11';

/** What a provider is called with, guard included, for suites that call one themselves. */
export const aCallContext = <Settings>(settings: Settings, wish: Wish = {}): ProviderContext<Settings> =>
  callContext(settings, { deliveryId: A_DELIVERY, ...wish });

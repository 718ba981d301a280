import { readEnv } from '../../src/config/index.js';
import type { ProviderContext } from '../../src/extension/index.js';
import { Egress, OutboundHttp } from '../../src/platform/security/index.js';

interface Wish {
  readonly deliveryId?: string;
  readonly signal?: AbortSignal;
  readonly eventsUrl?: string | null;
  /** Networks that may be called besides public ones. */
  readonly allowed?: string;
}

export const A_DELIVERY = '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11';

/** What a provider is called with, guard included, for suites that call one themselves. */
export function aCallContext<Settings>(settings: Settings, wish: Wish = {}): ProviderContext<Settings> {
  const { deliveryId = A_DELIVERY, signal = AbortSignal.timeout(10_000), eventsUrl = null } = wish;
  const { allowed = '127.0.0.0/8' } = wish;
  const env = readEnv({ DATABASE_URL: 'postgres://x@y/z', REDIS_URL: 'redis://x', EGRESS_ALLOW_CIDRS: allowed });
  const egress = new Egress(env);
  const http = new OutboundHttp(egress);
  return {
    settings,
    signal,
    deliveryId,
    attempt: 1,
    eventsUrl,
    addressOf: (host) => egress.addressOf(host),
    fetch: (url, call) => http.call(url, { ...call, signal }),
  };
}

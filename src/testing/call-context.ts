import { randomUUID } from 'node:crypto';
import { readEnv } from '../config/index.js';
import type { ProviderContext } from '../extension/index.js';
import { headersOfCall } from '../extension/webhook-signature.js';
import { Egress, OutboundHttp } from '../platform/security/index.js';

interface Wish {
  readonly deliveryId?: string;
  readonly attempt?: number;
  readonly signal?: AbortSignal;
  readonly eventsUrl?: string | null;
  /** Of the client, the newest first; none unless told. */
  readonly signingSecrets?: readonly string[];
  readonly hops?: number;
  /** Networks that may be called besides public ones; the loopback unless told. */
  readonly allowed?: string;
}

const DEADLINE_MS = 15_000;

/** What a provider is called with, the guard on addresses included: the service's own. */
export function callContext<Settings>(settings: Settings, wish: Wish = {}): ProviderContext<Settings> {
  const { deliveryId = randomUUID(), attempt = 1, signal = AbortSignal.timeout(DEADLINE_MS), eventsUrl = null } = wish;
  const { allowed = '127.0.0.0/8', hops = 0, signingSecrets = [] } = wish;
  const egress = new Egress(
    readEnv({ DATABASE_URL: 'postgres://nowhere/none', REDIS_URL: 'redis://nowhere', EGRESS_ALLOW_CIDRS: allowed }),
  );
  const http = new OutboundHttp(egress);
  return {
    settings,
    signal,
    deliveryId,
    attempt,
    eventsUrl,
    hops,
    addressOf: (host) => egress.addressOf(host),
    fetch: (url, call) => http.call(url, { ...call, signal }),
    sign: (call) => Promise.resolve(headersOfCall({ ...call, at: new Date() }, signingSecrets)),
  };
}

import { SetMetadata } from '@nestjs/common';
import type { ClientLimits, Principal, RouteClass } from '../../security/index.js';
import { BODY_LIMIT_BYTES, NOTIFICATION_BODY_LIMIT_BYTES } from '../body.js';
import type { Window } from './windows.store.js';

/** What a client may ask of the API when it has no limits of its own. */
export const REQUESTS_PER_SECOND = 200;
export const REQUESTS_PER_MINUTE = 6_000;
/**
 * So much of what its client may is a scoped key's: one that runs wild leaves the others the rest. It is this much at least, so that
 * what a small client is given is its own to share out.
 */
const KEY_SHARE = 1 / 2;
const KEY_LEAST = { second: 100, minute: 3_000 } as const;

/**
 * Requests that cost much more than others, and which part of their client's requests in a minute each kind may be: logins,
 * full-text search, what makes much of one call, trials of what is set up, and exports.
 */
const ROUTE_SHARES: Readonly<Record<RouteClass, number>> = {
  ...{ login: 1 / 5, search: 1 / 5, bulk: 1 / 10, trial: 1 / 50, export: 1 / 100 },
};
/** A small client may do each a few times. */
const ROUTE_LEAST = 10;

export const ROUTE_CLASS_OF = 'chatapi:route-class';
/** Counts a handler, or all of a controller, in a class of its own. */
export const CountedAs = (name: RouteClass): ClassDecorator & MethodDecorator => SetMetadata(ROUTE_CLASS_OF, name);

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const part = (of: number, share: number): number => Math.ceil(of * share);
/** A part, of which there is so much at least; never more than all. */
export const partOf = (of: number, share: number, least: number): number =>
  Math.min(of, Math.max(least, part(of, share)));

export interface RequestLimits {
  readonly requestsPerSecond: number;
  readonly requestsPerMinute: number;
  readonly keyRequestsPerSecond: number;
  readonly keyRequestsPerMinute: number;
  readonly routesPerMinute: Readonly<Record<RouteClass, number>>;
  readonly bodyBytes: number;
  /** Of calls about notifications. */
  readonly notificationBodyBytes: number;
}

/** What holds for a client: its own limits, and defaults for those it does not have. */
export function requestLimits(own: ClientLimits): RequestLimits {
  const { requestsPerSecond = REQUESTS_PER_SECOND, requestsPerMinute = REQUESTS_PER_MINUTE } = own;
  return {
    requestsPerSecond,
    requestsPerMinute,
    keyRequestsPerSecond: own.keyRequestsPerSecond ?? partOf(requestsPerSecond, KEY_SHARE, KEY_LEAST.second),
    keyRequestsPerMinute: own.keyRequestsPerMinute ?? partOf(requestsPerMinute, KEY_SHARE, KEY_LEAST.minute),
    routesPerMinute: Object.fromEntries(
      Object.entries(ROUTE_SHARES).map(([name, share]) => [
        name,
        own.routesPerMinute?.[name as RouteClass] ?? Math.max(ROUTE_LEAST, part(requestsPerMinute, share)),
      ]),
    ) as Record<RouteClass, number>,
    ...{ bodyBytes: BODY_LIMIT_BYTES, notificationBodyBytes: NOTIFICATION_BODY_LIMIT_BYTES },
  };
}

/** The operator has no client; its calls are counted under this name. */
export const OPERATOR = 'operator';

const perSecond = (name: string, limit: number, scope: string): Window => ({ name, limit, ttlMs: SECOND_MS, scope });
const perMinute = (name: string, limit: number, scope: string): Window => ({ name, limit, ttlMs: MINUTE_MS, scope });

/**
 * The windows that a request is counted in, the narrowest first: its key's (a master key is the client), its route's class, the
 * client's. A key that is refused takes nothing from its client; one that may as much as its client is not counted.
 */
export function requestWindows(caller: Principal | undefined, routeClass?: RouteClass): Window[] {
  const limits = requestLimits(caller?.limits ?? {});
  const ofClient = [
    perSecond('second', limits.requestsPerSecond, 'client'),
    perMinute('minute', limits.requestsPerMinute, 'client'),
  ];
  if (!caller) return ofClient;
  const { keyId, keyType } = caller;
  const ofKey = [
    ...(limits.keyRequestsPerSecond < limits.requestsPerSecond
      ? [perSecond(`key:${keyId}:second`, limits.keyRequestsPerSecond, 'key')]
      : []),
    ...(limits.keyRequestsPerMinute < limits.requestsPerMinute
      ? [perMinute(`key:${keyId}:minute`, limits.keyRequestsPerMinute, 'key')]
      : []),
  ];
  return [
    ...(keyType === 'scoped' ? ofKey : []),
    ...(routeClass ? [perMinute(`route:${routeClass}`, limits.routesPerMinute[routeClass], 'route')] : []),
    ...ofClient,
  ];
}

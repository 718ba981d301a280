/** Why a socket ends: https://www.rfc-editor.org/rfc/rfc6455#section-7.4.2 (4000–4999 are the application's). */
export const CLOSE = {
  badKey: { code: 4001, reason: 'bad_key' },
  noConnect: { code: 4002, reason: 'no_connect_in_time' },
  keyRevoked: { code: 4003, reason: 'key_revoked' },
  badFrame: { code: 4004, reason: 'bad_frame' },
  tooManyConnections: { code: 4005, reason: 'too_many_connections' },
  suspended: { code: 4006, reason: 'client_suspended' },
  keyExpired: { code: 4007, reason: 'key_expired' },
  slowConsumer: { code: 4102, reason: 'slow_consumer' },
  noPong: { code: 4104, reason: 'no_pong' },
  rateLimited: { code: 4105, reason: 'rate_limited' },
  draining: { code: 4200, reason: 'draining' },
} as const;

export type Close = (typeof CLOSE)[keyof typeof CLOSE];

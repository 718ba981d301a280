/** Why a socket ends: https://www.rfc-editor.org/rfc/rfc6455#section-7.4.2 (4000–4999 are the application's). */
export const CLOSE = {
  badKey: { code: 4001, reason: 'bad_key', advice: 'Do not come back with this key.' },
  noConnect: { code: 4002, reason: 'no_connect_in_time', advice: 'Raw: send `connect` within 5 s.' },
  keyRevoked: { code: 4003, reason: 'key_revoked', advice: 'Log in again: the key was revoked or replaced.' },
  badFrame: { code: 4004, reason: 'bad_frame', advice: 'Not JSON, not a command’s form, binary, or over 64 KiB.' },
  tooManyConnections: { code: 4005, reason: 'too_many_connections', advice: 'Close one of the user’s others.' },
  suspended: { code: 4006, reason: 'client_suspended', advice: 'Stay away: the whole client is suspended.' },
  keyExpired: { code: 4007, reason: 'key_expired', advice: 'Log in again.' },
  slowConsumer: { code: 4102, reason: 'slow_consumer', advice: 'Connect again and `sync`; read faster.' },
  noPong: { code: 4104, reason: 'no_pong', advice: 'Raw: connect again. On Socket.IO it is `ping timeout`.' },
  rateLimited: { code: 4105, reason: 'rate_limited', advice: 'Back off: far too many commands or handshakes.' },
  draining: { code: 4200, reason: 'draining', advice: 'Connect again, to another process.' },
} as const;

export type Close = (typeof CLOSE)[keyof typeof CLOSE];

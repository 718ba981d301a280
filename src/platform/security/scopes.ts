/** Everything a key may be allowed to do. A master key may do all of it, for its whole client. */
export const SCOPES = [
  'rooms:read',
  'rooms:write',
  'messages:read',
  'messages:write',
  'inbox:read',
  'inbox:write',
  'users:read',
  'users:write',
  'notifications:read',
  'notifications:write',
  'providers:read',
  'providers:write',
  'webhooks:read',
  'webhooks:write',
  'analytics:read',
] as const;
export type Scope = (typeof SCOPES)[number];

/** What a login gets when it does not ask for something else. */
export const LOGIN_SCOPES: readonly Scope[] = [
  'rooms:read',
  'rooms:write',
  'messages:read',
  'messages:write',
  'inbox:read',
  'inbox:write',
];

/** What no login may have: these belong to the client's own servers. */
export const SERVER_ONLY_SCOPES: readonly Scope[] = [
  'providers:read',
  'providers:write',
  'webhooks:read',
  'webhooks:write',
];

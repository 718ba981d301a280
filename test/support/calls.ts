import { EMOJI, type Kind, Nowhere, type Place, TOKEN, USERS } from '../builders/places.js';
import type { Handler, RouteHandler } from './handlers.js';

/**
 * How every handler of the documents is called, with ids from one place; `own` are the caller's, for calls that name
 * something beside them. Matrices go over the documents, so a handler that is not here fails them.
 */
type Made = object | Promise<object>;
type Variant = (it: Place, own: Place) => Made;
type Variants = Variant | readonly [Variant, ...Variant[]];

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: object;
}

/** Path parameters by the segment before them: a thing that somebody has, or a text. */
const PARAMETERS: Readonly<Record<string, Kind | { readonly text: string }>> = {
  'clients/{id}': 'client',
  'keys/{keyId}': 'key',
  'providers/{id}': 'provider',
  'notifications/{id}': 'notification',
  'notifications/{notificationId}': 'notification',
  'inbox/{id}': 'inboxItem',
  'suppressions/{id}': 'suppression',
  'endpoints/{id}': 'endpoint',
  'replays/{replayId}': 'replay',
  'unsubscribe/{token}': { text: 'no-token-of-ours' },
  'users/{userId}': 'user',
  'devices/{deviceId}': 'device',
  'rooms/{id}': 'room',
  'messages/{id}': 'message',
  'members/{userId}': { text: USERS.target },
  'bans/{userId}': { text: USERS.banned },
  'reactions/{emoji}': { text: EMOJI },
  'sources/{id}': 'source',
  'webhooks/{clientSlug}': { text: 'no-client-of-ours' },
  '{clientSlug}/{event}': { text: 'order.paid' },
  'events/{id}': 'event',
};

/** Where a route’s parameter is another thing than its address says. */
const OTHER_PARAMETERS: Readonly<Record<string, typeof PARAMETERS>> = {
  'POST /rooms/{id}/join': { 'rooms/{id}': 'otherRoom' },
  'GET /admin/clients/{id}/notifications/{notificationId}/events': { 'clients/{id}': 'ownClient' },
};

const NEW_USER = 'dora';
const inbox = { websocket: { body: 'Hello' } };

const throughProvider = async (it: Place) => ({
  to: { email: 'ann@simulator.test' },
  channels: { email: { subject: 'Hello', text: 'Hello' } },
  provider: await it.id('provider'),
});

/** The bodies of routes that take one. Several: each is called. */
const BODIES: Readonly<Record<string, Variants>> = {
  'POST /auth/login': () => ({ userId: NEW_USER }),
  'PATCH /clients/me': () => ({ name: 'Renamed' }),
  'POST /clients/me/keys': () => ({ name: 'new', type: 'scoped', userId: NEW_USER, scopes: ['rooms:read'] }),
  'POST /clients/me/keys/{keyId}/rotate': () => ({}),
  'POST /clients': () => ({ name: 'Another' }),
  'PATCH /clients/{id}': () => ({ name: 'Renamed' }),
  'PUT /users/{userId}': () => ({ displayName: 'Renamed' }),
  'POST /users/{userId}/devices': () => ({ kind: 'fcm', token: TOKEN }),
  'PUT /users/{userId}/preferences': () => ({ channels: { email: { marketing: false } } }),
  'POST /rooms': [
    () => ({ type: 'group', name: 'New', members: [USERS.member] }),
    () => ({ type: 'direct', members: [USERS.owner, USERS.member] }),
  ],
  'PATCH /rooms/{id}': () => ({ name: 'Renamed' }),
  'POST /rooms/{id}/members': () => ({ userId: NEW_USER }),
  'PATCH /rooms/{id}/members/{userId}': () => ({ role: 'admin' }),
  'POST /rooms/{id}/read': () => ({ seq: 1 }),
  'POST /rooms/{id}/bans': () => ({ userId: USERS.target }),
  'POST /messages': [
    async (it) => ({ roomId: await it.id('room'), content: 'Hello' }),
    async (it, own) => ({ roomId: await own.id('room'), content: 'Hello', replyTo: await it.id('message') }),
  ],
  'PATCH /messages/{id}': () => ({ content: 'Changed' }),
  'POST /providers': () => ({ kind: 'simulator', name: 'New', settings: { channel: 'email' } }),
  'PATCH /providers/{id}': () => ({ name: 'Renamed' }),
  'POST /providers/{id}/events': () => ({}),
  'POST /providers/{id}/test': () => ({ to: 'ann@simulator.test' }),
  'PUT /providers/routing': () => ({ email: { bulkThreshold: 100, strategy: 'weighted' } }),
  'POST /webhooks/sources': () => ({ event: 'order.new', verification: { scheme: 'stripe' } }),
  'PATCH /webhooks/sources/{id}': () => ({ description: 'Changed' }),
  'POST /webhooks/sources/{id}/rotate-secret': () => ({}),
  'POST /webhooks/sources/{id}/test': () => ({ payload: { id: 1 } }),
  'POST /webhooks/events/{id}/replay': () => ({}),
  'POST /webhooks/{clientSlug}/{event}': () => ({}),
  'POST /webhooks/signing-secret/rotate': () => ({}),
  'POST /webhooks/endpoints': () => ({ url: 'http://127.0.0.1:9/nobody', eventTypes: ['*'] }),
  'PATCH /webhooks/endpoints/{id}': () => ({ description: 'Renamed' }),
  'POST /webhooks/endpoints/{id}/rotate-secret': () => ({}),
  'POST /webhooks/endpoints/{id}/test': () => ({}),
  'POST /webhooks/endpoints/{id}/replay': () => ({ from: '2026-01-01T00:00:00.000Z' }),
  'POST /notifications/send': [
    () => ({ to: { userId: USERS.owner }, channels: inbox }),
    async (it) => ({ to: [{ userId: USERS.owner }, { roomId: await it.id('room') }], channels: inbox }),
    (it) => throughProvider(it),
  ],
  'POST /notifications/batch': async (it) => ({
    notifications: [{ to: { roomId: await it.id('room') }, channels: inbox }, await throughProvider(it)],
  }),
  'POST /notifications/preview': (it) => throughProvider(it),
  'POST /suppressions': () => ({ channel: 'email', address: 'new@example.com', reason: 'manual' }),
  'POST /suppressions/import': () => ({
    suppressions: [{ channel: 'email', address: 'new@example.com', reason: 'manual' }],
  }),
  'POST /unsubscribe/{token}': () => ({ 'List-Unsubscribe': 'One-Click' }),
  'POST /deliveries/replay': async (it) => ({ ids: [await it.id('inboxItem')] }),
};

/** The queries of routes that need one, or that name something in it. */
const QUERIES: Readonly<Record<string, Variant>> = {
  'GET /messages': async (it) => ({ roomId: await it.id('room') }),
  'GET /messages/search': async (it) => ({ roomId: await it.id('room'), q: 'secret' }),
  'GET /rooms/all': async (it) => ({ memberId: await it.id('user') }),
  'GET /rooms/expiring': () => ({ within: '400d' }),
  'GET /webhooks/events': async (it) => ({ source: await it.id('source') }),
  'GET /notifications': async (it) => ({ recipient: await it.id('user') }),
  'GET /deliveries': async (it) => ({ notificationId: await it.id('notification') }),
};

/** What commands take. */
const COMMANDS: Readonly<Record<string, Variants>> = {
  ping: () => ({}),
  'message.send': [
    async (it) => ({ roomId: await it.id('room'), content: 'Hello' }),
    async (it, own) => ({ roomId: await own.id('room'), content: 'Hello', replyTo: await it.id('message') }),
  ],
  'message.edit': async (it) => ({ messageId: await it.id('message'), content: 'Changed' }),
  'message.delete': async (it) => ({ messageId: await it.id('message') }),
  'reaction.add': async (it) => ({ messageId: await it.id('message'), emoji: EMOJI }),
  'reaction.remove': async (it) => ({ messageId: await it.id('message'), emoji: EMOJI }),
  'receipt.delivered': async (it) => ({ roomId: await it.id('room'), seq: 1 }),
  'receipt.read': async (it) => ({ roomId: await it.id('room'), seq: 1 }),
  'typing.start': async (it) => ({ roomId: await it.id('room') }),
  'typing.stop': async (it) => ({ roomId: await it.id('room') }),
  'presence.get': async (it) => ({ userIds: [await it.id('user'), USERS.outsider] }),
  'presence.set': () => ({ status: 'away' }),
  'room.subscribe': async (it) => ({ roomId: await it.id('room') }),
  'room.unsubscribe': async (it) => ({ roomId: await it.id('room') }),
  sync: async (it) => ({ rooms: [{ roomId: await it.id('room'), offset: 0 }] }),
  'notification.seen': async (it) => ({ id: await it.id('inboxItem') }),
  'notification.read': async (it) => ({ id: await it.id('inboxItem') }),
};

const unknown = (name: string, table: string, what: string) =>
  new Error(`${name} is in the documents, but no test knows how to call it: add ${what} to ${table} in ${HERE}`);
const HERE = 'test/support/calls.ts';

const listed = (variants: Variants): readonly [Variant, ...Variant[]] =>
  typeof variants === 'function' ? [variants] : variants;

/** The calls of a route that name the things of a place. @throws for a route that the tables do not know */
export async function callsOf(route: RouteHandler, it: Place, own: Place = it): Promise<[Call, ...Call[]]> {
  const path = `${await pathOf(route, it)}${await queryOf(route, it, own)}`;
  const bodies = BODIES[route.name];
  if (route.takesBody && !bodies) throw unknown(route.name, 'BODIES', `'${route.name}'`);
  if (!bodies) return [{ method: route.method, path }];
  const callWith = async (body: Variant) => ({ method: route.method, path, body: await body(it, own) });
  const [first, ...others] = listed(bodies);
  return [await callWith(first), ...(await Promise.all(others.map(callWith)))];
}

/** What a command may be given that names the things of a place. @throws for a command that the table does not know */
export function inputsOf({ name }: Handler, it: Place, own: Place = it): Promise<object[]> {
  const inputs = COMMANDS[name];
  if (!inputs) throw unknown(name, 'COMMANDS', `'${name}'`);
  return Promise.all(listed(inputs).map(async (input) => input(it, own)));
}

/** The kinds of things that a handler is given by their ids. */
export async function kindsOf(handler: Handler | RouteHandler): Promise<ReadonlySet<Kind>> {
  const nowhere = new Nowhere();
  await ('path' in handler ? callsOf(handler, nowhere) : inputsOf(handler, nowhere));
  return nowhere.asked;
}

async function pathOf({ name, path }: RouteHandler, it: Place): Promise<string> {
  const segments = await Promise.all(
    path.split('/').map(async (segment, at, all) => {
      if (!segment.startsWith('{')) return segment;
      const named = `${all[at - 1] ?? ''}/${segment}`;
      const parameter = OTHER_PARAMETERS[name]?.[named] ?? PARAMETERS[named];
      if (!parameter) throw unknown(name, 'PARAMETERS', `'${named}'`);
      return encodeURIComponent(typeof parameter === 'string' ? await it.id(parameter) : parameter.text);
    }),
  );
  return segments.join('/');
}

async function queryOf({ name, needsQuery }: RouteHandler, it: Place, own: Place): Promise<string> {
  const query = { ...(await QUERIES[name]?.(it, own)) };
  const missing = needsQuery.filter((parameter) => !(parameter in query));
  if (missing.length > 0) throw unknown(name, 'QUERIES', `'${name}' with ${missing.join(', ')}`);
  return Object.keys(query).length > 0 ? `?${new URLSearchParams(query).toString()}` : '';
}

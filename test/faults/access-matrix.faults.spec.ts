import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { generateKey, SCOPES } from '../../src/platform/security/index.js';
import { gist } from '../builders/casts.js';
import { aClient, type TestClient } from '../builders/clients.js';
import { Nowhere, USERS } from '../builders/places.js';
import { aScopedKey, NO_LIMITS } from '../builders/twins.js';
import type { Reply } from '../support/api.js';
import { ADMIN_KEY, anApp, type TestApp } from '../support/app.js';
import { callsOf, inputsOf } from '../support/calls.js';
import { eventually } from '../support/eventually.js';
import { commandHandlers, type Handler, routeHandlers, type RouteHandler } from '../support/handlers.js';
import { OpenSockets } from '../support/open-sockets.js';
import { commandsOf, routesOf } from '../support/routes.js';
import { RawTestSocket, SocketIoTestSocket, type TestSocket, TRANSPORTS } from '../support/sockets.js';
import { CONTRACT } from '../support/who-may.js';

/*
 * Every route and command of the documents × every key that must not open it: dead ones, and live ones without a scope that
 * it needs.
 */

let app: TestApp;
let client: TestClient;
let suspended: TestClient;
let suspendedKey: string;
const sockets = new OpenSockets();

/** Keys that are none, or none any more. */
const DEAD = ['mistyped', 'unknown', 'revoked', 'expired'] as const;
let dead: Record<(typeof DEAD)[number], string>;
/** Live keys by their scopes, each made once. */
const keys = new Map<string, Promise<string>>();

beforeAll(async () => {
  app = await anApp({ TRUST_PROXY: '1' });
  [client, suspended] = (await Promise.all([1, 2].map(() => aClient(app, { settings: NO_LIMITS })))) as [
    TestClient,
    TestClient,
  ];
  const [revoked, expired] = await Promise.all([
    client.login('revoked'),
    aScopedKey(client, { expiresAt: '2020-01-01T00:00:00.000Z' }),
  ]);
  suspendedKey = await aScopedKey(suspended, { userId: USERS.owner });
  expect((await app.operator.patch(`/clients/${suspended.id}`, { status: 'suspended' })).status).toBe(200);
  expect((await client.master.delete(`/clients/me/keys/${revoked.keyId}`)).status).toBe(204);
  // All at once: each costs a hash, and its first use another.
  await Promise.all([...routeHandlers, ...commandHandlers].map(cellsOf));
  dead = { mistyped: mistyped(client.masterKey), unknown: generateKey('scoped').key, revoked: revoked.apiKey, expired };
}, 60_000);

afterEach(() => sockets.closeAll());
afterAll(() => app.close());

const mistyped = (key: string): string => key.slice(0, -1) + (key.endsWith('a') ? 'b' : 'a');

/** A key with these scopes and no other. */
function keyWith(scopes: readonly string[]): Promise<string> {
  const name = [...scopes].sort().join();
  const key = keys.get(name) ?? aScopedKey(client, { userId: USERS.owner, scopes });
  keys.set(name, key);
  return key;
}

const OTHER_SCOPE = 'analytics:read';
const allBut = (scope: string): string[] => SCOPES.filter((one) => one !== scope);

/** A key, and what a handler must answer to it; null where it must let it pass. */
interface Cell {
  readonly key: string;
  readonly says: string;
  readonly refusal: string | null;
}

/** To a key that names in its last word what it lacks: the refusal says the same. */
const MISSING = '403 scope_missing';

/** The cells of live keys. */
async function cellsOf({ scopes, name }: Handler): Promise<Cell[]> {
  const master = { key: 'a master key', says: client.masterKey };
  const whole = { key: 'a key with every scope', says: await keyWith(SCOPES) };
  if (scopes.includes('operator')) {
    return [
      { ...master, refusal: '403 forbidden' },
      { ...whole, refusal: '403 forbidden' },
    ];
  }
  if (scopes.includes('master'))
    return [
      { ...master, refusal: null },
      { ...whole, refusal: '403 forbidden' },
    ];
  const missing = await Promise.all(
    scopes.map(async (scope) => ({
      key: `a key without ${scope}`,
      says: await keyWith(allBut(scope)),
      refusal: MISSING,
    })),
  );
  const needed = scopes.length > 0 ? scopes : [OTHER_SCOPE];
  const endsItsKey = name === 'POST /auth/logout';
  const enough = endsItsKey ? await aScopedKey(client, { scopes: needed }) : await keyWith(needed);
  return [
    ...missing,
    { ...master, refusal: null },
    { key: `a key with ${needed.join()} only`, says: enough, refusal: null },
  ];
}

let callers = 0;
/** Each call from an address of its own: failures are counted by address. */
const from = () => `10.0.${callers++ >> 8}.${callers & 255}`;

async function ask(route: RouteHandler, key: string | undefined): Promise<Reply> {
  const [{ method, path, body }] = await callsOf(route, new Nowhere());
  return app.api(key).with({ 'X-Forwarded-For': from() }).call(method, path, body);
}

const isRefused = ({ status }: Reply): boolean => status === 401 || status === 403;

describe('what the documents say of who may call is what the contract says', () => {
  const named = (handlers: readonly Handler[]) =>
    Object.fromEntries(handlers.map(({ name, scopes }) => [name, scopes]));

  it('of every handler of the contract', () => {
    expect(named([...routeHandlers, ...commandHandlers])).toMatchObject(CONTRACT);
  });

  it('and they name every handler there is', () => {
    const running = [...routesOf(app), ...commandsOf(app)].map(({ name }) => name.replaceAll(/:(\w+)/g, '{$1}'));

    expect([...routeHandlers, ...commandHandlers].map(({ name }) => name).sort()).toEqual(running.sort());
  });
});

/** Where no key is needed: what a call gets that names a thing and proves nothing. */
const OPEN_TO_ALL: Readonly<Record<string, string>> = {
  'POST /providers/{id}/events': '404 not_found', // a kind that makes no calls
  'GET /unsubscribe/{token}': '404 not_found', // no token of ours
  'POST /unsubscribe/{token}': '404 not_found',
  'POST /webhooks/{clientSlug}/{event}': '404 not_found',
};

describe('a route is closed to keys that must not open it, and to no others', () => {
  it.each(routeHandlers.filter(({ isPublic }) => !isPublic))('$name', async (route) => {
    const wrong: string[] = [];
    const check = async ({ key, says, refusal }: Cell) => {
      const reply = await ask(route, says || undefined);
      const isRight = refusal === null ? !isRefused(reply) && reply.status < 500 : gist(reply) === refusal;
      if (!isRight) wrong.push(`${key}: ${gist(reply)}, expected ${refusal ?? 'entry'}`);
      if (refusal === MISSING && !key.endsWith(` ${String(reply.body.missing)}`)) wrong.push(`${key}: does not say so`);
      return JSON.stringify({ ...reply.body, requestId: '' });
    };
    const unknown = { says: '', refusal: '401 unauthenticated' };

    const [none, ...said] = await Promise.all([
      check({ ...unknown, key: 'no key' }),
      ...DEAD.map((key) => check({ ...unknown, key, says: dead[key] })),
      ...(route.scopes.includes('operator') ? [] : [check({ ...unknown, key: 'the operator’s', says: ADMIN_KEY })]),
    ]);
    await Promise.all([
      check({ key: 'a suspended client’s master key', says: suspended.masterKey, refusal: '403 client_suspended' }),
      check({ key: 'a suspended client’s scoped key', says: suspendedKey, refusal: '403 client_suspended' }),
    ]);
    await Promise.all((await cellsOf(route)).map(check));
    if (route.scopes.includes('operator')) await check({ key: 'the operator’s', says: ADMIN_KEY, refusal: null });

    expect(wrong).toEqual([]);
    // Whether there ever was such a key is nobody's business: only who has a key whole learns that it has expired.
    expect(said.filter((text, at) => DEAD[at] !== 'expired' && text !== none)).toEqual([]);
  });

  it.each(routeHandlers.filter(({ isPublic }) => isPublic))('$name, which needs none', async (route) => {
    expect(gist(await ask(route, undefined))).toBe(OPEN_TO_ALL[route.name] ?? '200');
  });
});

describe.each(TRANSPORTS)('so is a command, over %s', (transport) => {
  it.each(commandHandlers)('$name', async (command) => {
    const [input] = await inputsOf(command, new Nowhere());
    const wrong: string[] = [];
    const check = async ({ key, says, refusal }: Cell) => {
      const { error } = await (await sockets.open(transport, app.url, says)).command(command.name, input);
      const code = String(error?.code);
      const isRefused = ['forbidden', 'scope_missing', 'internal'].includes(code);
      const isRight = refusal === null ? !isRefused : `403 ${code}` === refusal;
      if (!isRight) wrong.push(`${key}: ${code}, expected ${refusal ?? 'entry'}`);
      if (refusal === MISSING && !key.endsWith(` ${String(error?.details?.missing)}`))
        wrong.push(`${key}: does not say so`);
    };

    await Promise.all((await cellsOf(command)).map(check));

    expect(wrong).toEqual([]);
  });
});

describe('the door of sockets is closed to', () => {
  const UNKNOWN = { code: 'unauthenticated', status: 401, close: 4001 };
  const SUSPENDED = { code: 'client_suspended', status: 403, close: 4006 };
  const doors: readonly [string, () => string, typeof UNKNOWN][] = [
    ...DEAD.map((key): [string, () => string, typeof UNKNOWN] => [key, () => dead[key], UNKNOWN]),
    ['suspended', () => suspendedKey, SUSPENDED],
  ];

  it.each(doors)('a key that is %s', async (_what, keyOf, { code, status, close }) => {
    const key = keyOf();
    const inHeader = sockets.keep(new RawTestSocket(app.url, key));
    const inFrame = sockets.keep(new RawTestSocket(app.url));
    const inAuth = sockets.keep(new SocketIoTestSocket(app.url, key));
    await once(inFrame.ws, 'open');

    expect(await inFrame.command('connect', { apiKey: key })).toMatchObject({ error: { code } });
    expect(await inFrame.ends()).toMatchObject({ code: close });
    await eventually(() => inHeader.refused !== null && inAuth.refused !== null);
    expect(inHeader.refused?.message).toBe(`Unexpected server response: ${status}`);
    expect(inAuth.refused).toMatchObject({ data: { code } });
  });
});

describe.each(TRANSPORTS)('a socket ends with its key, over %s', (transport) => {
  const endings: readonly [string, number, () => Promise<TestSocket>][] = [
    [
      'revoked',
      4003,
      async () => {
        const { apiKey, keyId } = await client.login('leaver');
        const socket = await sockets.open(transport, app.url, apiKey);
        await client.master.delete(`/clients/me/keys/${keyId}`);
        return socket;
      },
    ],
    [
      'of a client that is suspended',
      4006,
      async () => {
        const other = await aClient(app);
        const socket = await sockets.open(transport, app.url, other.masterKey);
        await app.operator.patch(`/clients/${other.id}`, { status: 'suspended' });
        return socket;
      },
    ],
    [
      'expired',
      4007,
      async () => {
        const expiresAt = new Date(Date.now() + 4_000).toISOString();
        return sockets.open(transport, app.url, await aScopedKey(client, { expiresAt }));
      },
    ],
  ];

  it.each(endings)('that is %s: %i', async (_how, code, ended) => {
    const socket = await ended();

    expect(await socket.ends()).toMatchObject({ code });
  });
});

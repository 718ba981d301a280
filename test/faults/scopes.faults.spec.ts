import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SCOPES, type Scope } from '../../src/platform/security/index.js';
import { aClient, type TestClient } from '../builders/clients.js';
import { anApp, type TestApp } from '../support/app.js';
import { OpenSockets } from '../support/open-sockets.js';
import { commandsOf, type Declared, type Route, routesOf } from '../support/routes.js';
import { theSocketContract } from '../support/socket-contract.js';
import { TRANSPORTS } from '../support/sockets.js';

let app: TestApp;
let client: TestClient;
/** For each scope, a key with that one and no other. */
const keys = new Map<Scope, string>();
const sockets = new OpenSockets();

beforeAll(async () => {
  app = await anApp();
  client = await aClient(app, { settings: { limits: { requestsPerSecond: 100_000, requestsPerMinute: 1_000_000 } } });
  const makeKey = async (scope: Scope) => {
    const wish = { name: scope, type: 'scoped', userId: scope, scopes: [scope] };
    const { body } = await client.master.post('/clients/me/keys', wish);
    keys.set(scope, String(body.key));
  };
  await Promise.all(SCOPES.map(makeKey));
}, 60_000);

afterAll(async () => {
  sockets.closeAll();
  await app.close();
});

/** What the contract says of the chat half (API §2 and §3); every other handler is held to what it declares. */
const CONTRACT: Readonly<Record<string, readonly string[]>> = {
  'POST /clients': ['operator'],
  'GET /clients': ['operator'],
  'GET /clients/:id': ['operator'],
  'PATCH /clients/:id': ['operator'],
  'DELETE /clients/:id': ['operator'],
  'GET /clients/me': [],
  'PATCH /clients/me': ['master'],
  'POST /clients/me/keys': ['master'],
  'GET /clients/me/keys': ['master'],
  'POST /clients/me/keys/:keyId/rotate': ['master'],
  'DELETE /clients/me/keys/:keyId': ['master'],
  'POST /auth/login': ['master'],
  'POST /auth/logout': [],
  'GET /auth/me': [],
  'PUT /users/:userId': ['master'],
  'DELETE /users/:userId': ['master'],
  'GET /users/:userId/export': ['master'],
  'GET /users': ['users:read'],
  'GET /users/:userId': ['users:read'],
  'POST /users/:userId/devices': ['users:write'],
  'GET /users/:userId/devices': ['users:read'],
  'DELETE /users/:userId/devices': ['users:write'],
  'DELETE /users/:userId/devices/:deviceId': ['users:write'],
  'GET /users/:userId/preferences': ['users:read'],
  'PUT /users/:userId/preferences': ['users:write'],
  'POST /rooms': ['rooms:write'],
  'GET /rooms': ['rooms:read'],
  'GET /rooms/all': ['master'],
  'GET /rooms/expiring': ['master'],
  'GET /rooms/:id': ['rooms:read'],
  'PATCH /rooms/:id': ['rooms:write'],
  'DELETE /rooms/:id': ['rooms:write'],
  'GET /rooms/:id/members': ['rooms:read'],
  'POST /rooms/:id/members': ['rooms:write'],
  'PATCH /rooms/:id/members/:userId': ['rooms:write'],
  'DELETE /rooms/:id/members/:userId': ['rooms:write'],
  'POST /rooms/:id/join': ['rooms:write'],
  'POST /rooms/:id/leave': ['rooms:write'],
  'POST /rooms/:id/mute': ['rooms:write'],
  'POST /rooms/:id/unmute': ['rooms:write'],
  'POST /rooms/:id/bans': ['rooms:write'],
  'GET /rooms/:id/bans': ['rooms:read'],
  'DELETE /rooms/:id/bans/:userId': ['rooms:write'],
  'POST /rooms/:id/deactivate': ['rooms:write'],
  'POST /rooms/:id/activate': ['rooms:write'],
  'POST /messages': ['messages:write'],
  'GET /messages': ['messages:read'],
  'GET /messages/:id': ['messages:read'],
  'GET /rooms/:id/events': ['messages:read'],
  'message.send': ['messages:write'],
  sync: ['messages:read'],
  'room.subscribe': ['master'],
  'room.unsubscribe': ['master'],
  'receipt.delivered': ['rooms:read'],
  'receipt.read': ['rooms:read'],
  'typing.start': ['messages:write'],
  'typing.stop': ['messages:write'],
  'presence.get': ['rooms:read'],
  'presence.set': ['rooms:read'],
  'notification.seen': ['inbox:write'],
  'notification.read': ['inbox:write'],
  'POST /auth/tickets': [],
  ping: [],
};

function needs({ access }: Declared): readonly string[] {
  if (access?.kind === 'scopes') return access.scopes;
  return access?.kind === 'operator' || access?.kind === 'master' ? [access.kind] : [];
}

/** The refusal that a key of one scope must meet; null when it may pass. */
function refusal(handler: Declared, scope: Scope): string | null {
  const needed = needs(handler);
  if (needed.includes('operator') || needed.includes('master')) return 'forbidden';
  return needed.every((name) => name === scope) ? null : 'scope_missing';
}

const addressOf = ({ path }: Route): string => path.replace(/:\w*[iI]d\b/g, () => randomUUID()).replace(/:\w+/g, 'x');

describe('scopes are enforced on REST', () => {
  it('declares what the contract says', () => {
    const declared = Object.fromEntries(
      [...routesOf(app), ...commandsOf(app)].map((handler) => [handler.name, needs(handler)]),
    );

    expect(declared).toMatchObject(CONTRACT);
  });

  it('refuses exactly the calls whose scope the key lacks, on every route, for every scope', async () => {
    const routes = routesOf(app).filter(({ name }) => name !== 'POST /auth/logout'); // it would end the key
    const wrong: string[] = [];
    for (const [scope, key] of keys) {
      const check = async (route: Route) => {
        const { status, body } = await app.api(key).call(route.method, addressOf(route));
        const expected = refusal(route, scope);
        const passes = expected === null ? status !== 403 && status !== 401 : status === 403 && body.code === expected;
        if (!passes)
          wrong.push(`${scope} on ${route.name}: ${status} ${String(body.code)}, expected ${expected ?? 'entry'}`);
      };
      await Promise.all(routes.map(check));
    }

    expect(wrong).toEqual([]);
    expect(routes.length).toBeGreaterThan(Object.keys(CONTRACT).length - 10);
  });

  it('names what is missing', async () => {
    const { status, body } = await app.api(keys.get('rooms:read')).post('/messages', {});

    expect(status).toBe(403);
    expect(body).toMatchObject({ code: 'scope_missing', missing: ['messages:write'] });
  });

  it('lets a master key do all that is not the operator’s', async () => {
    const routes = routesOf(app).filter(
      (route) => !needs(route).includes('operator') && !/logout|DELETE/.test(route.name),
    );

    const answers = await Promise.all(
      routes.map(async (route) => ({
        name: route.name,
        status: (await client.master.as('ann').call(route.method, addressOf(route))).status,
      })),
    );

    expect(answers.filter(({ status }) => status === 401 || status === 403 || status >= 500)).toEqual([]);
  });
});

describe.each(TRANSPORTS)('scopes are enforced on sockets, over %s', (transport) => {
  it('refuses exactly the commands whose scope the key lacks, for every scope', async () => {
    const wrong: string[] = [];
    for (const [scope, key] of keys) {
      const socket = await sockets.open(transport, app.url, key);
      for (const command of commandsOf(app)) {
        const { error } = await socket.command(command.name, theSocketContract().exampleOf(command.name));
        const expected = refusal(command, scope);
        const refused: unknown = error?.code === 'forbidden' || error?.code === 'scope_missing' ? error.code : null;
        if (refused !== expected)
          wrong.push(`${scope} on ${command.name}: ${String(refused)}, expected ${expected ?? 'entry'}`);
      }
      socket.close();
    }

    expect(wrong).toEqual([]);
  });

  it('names what is missing', async () => {
    const socket = await sockets.open(transport, app.url, keys.get('messages:read') ?? '');

    expect(await socket.command('message.send', {}, 'invalid')).toEqual(
      expect.objectContaining({
        error: expect.objectContaining({
          code: 'scope_missing',
          temporary: false,
          details: { missing: ['messages:write'] },
        }),
      }),
    );
  });
});

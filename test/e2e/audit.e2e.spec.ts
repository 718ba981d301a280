import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aClient, aRoom, type TestClient } from '../builders/clients.js';
import { anEmail, reached, send } from '../builders/notifications.js';
import { OwnPlace, USERS } from '../builders/places.js';
import { NO_LIMITS } from '../builders/twins.js';

import { anApp, type TestApp } from '../support/app.js';
import { type Call, callsOf } from '../support/calls.js';
import { type RouteHandler, routeHandlers } from '../support/handlers.js';
import { rows } from '../support/rows.js';

/** Routes that are called at a time. */
const LANES = 4;

let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  app = await anApp({ TRUST_PROXY: '1' });
  client = await aClient(app, { settings: NO_LIMITS });
  await client.master.post('/providers', { kind: 'simulator', name: 'Sim', settings: { channel: 'email' } });
}, 60_000);
afterAll(() => app.close());

interface Event {
  readonly action: string;
  readonly resource: { readonly type: string; readonly id: string | null };
  readonly actor: Readonly<Record<string, unknown>>;
  readonly requestId: string | null;
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly after: Readonly<Record<string, unknown>> | null;
}

const events = async (query = '', of: TestClient = client): Promise<Event[]> =>
  (await of.master.get(`/audit-events?limit=100${query}`)).body.data;
const newest = async (query = ''): Promise<Event | undefined> => (await events(query))[0];

/** Everyday use: what the product is for, or what leaves a trail of its own. */
const NOT_ADMINISTRATIVE: Readonly<Record<string, string>> = {
  'POST /auth/login': 'signing in: keys list themselves',
  'POST /auth/logout': 'signing out',
  'POST /auth/tickets': 'opening a socket',
  'PUT /users/{userId}': 'what a user is called is kept up to date all day',
  'POST /users/{userId}/devices': 'a user’s own',
  'DELETE /users/{userId}/devices': 'a user’s own',
  'DELETE /users/{userId}/devices/{deviceId}': 'a user’s own',
  'PUT /users/{userId}/preferences': 'a user’s own',
  'POST /rooms': 'talking',
  'POST /rooms/{id}/members': 'talking: the feed of the room says so',
  'DELETE /rooms/{id}/members/{userId}': 'talking: the feed of the room says so',
  'POST /rooms/{id}/join': 'talking',
  'POST /rooms/{id}/leave': 'talking',
  'POST /rooms/{id}/mute': 'a user’s own',
  'POST /rooms/{id}/unmute': 'a user’s own',
  'POST /rooms/{id}/read': 'reading',
  'POST /messages': 'talking',
  'PATCH /messages/{id}': 'talking: versions are kept',
  'DELETE /messages/{id}': 'talking: the tombstone stays in the feed',
  'POST /messages/{id}/pin': 'talking',
  'DELETE /messages/{id}/pin': 'talking',
  'PUT /messages/{id}/reactions/{emoji}': 'talking',
  'DELETE /messages/{id}/reactions/{emoji}': 'talking',
  'POST /providers/{id}/test': 'sending: its delivery tells',
  'POST /notifications/send': 'sending: notifications tell',
  'POST /notifications/batch': 'sending: notifications tell',
  'POST /notifications/preview': 'changes nothing',
  'POST /inbox/read-all': 'reading',
  'POST /inbox/{id}/read': 'reading',
  'POST /inbox/{id}/unread': 'reading',
  'POST /inbox/{id}/archive': 'reading',
  'POST /webhooks/endpoints/{id}/test': 'calling: its attempts tell',
  'POST /webhooks/sources/{id}/test': 'changes nothing',
};

const aFailed = async (): Promise<string> => {
  const id = await send(client, { to: { email: 'failed@simulator.test' }, channels: { email: anEmail() } });
  await reached(client, id, 'failed');
  return id;
};
/** Where the usual call would change nothing: what is to be called off, tried again, or changed. */
const CALLS: Readonly<Record<string, (place: OwnPlace) => Promise<Call>>> = {
  'POST /notifications/{id}/cancel': async () => {
    const sendAt = new Date(Date.now() + 3_600_000).toISOString();
    const id = await send(client, { to: { userId: 'ann' }, channels: { websocket: { body: 'Later' } }, sendAt });
    return { method: 'POST', path: `/notifications/${id}/cancel` };
  },
  'POST /notifications/{id}/retry': async () => ({ method: 'POST', path: `/notifications/${await aFailed()}/retry` }),
  'POST /deliveries/replay': async () => {
    const { body } = await client.master.get(`/notifications/${await aFailed()}`);
    return { method: 'POST', path: '/deliveries/replay', body: { ids: [body.deliveries[0].id] } };
  },
  'POST /suppressions': () => {
    const body = { channel: 'email', address: `${randomUUID()}@example.com`, reason: 'manual' };
    return Promise.resolve({ method: 'POST', path: '/suppressions', body });
  },
  'POST /rooms/{id}/activate': async (place) => {
    const path = `/rooms/${await place.id('room')}`;
    await client.master.post(`${path}/deactivate`);
    return { method: 'POST', path: `${path}/activate` };
  },
};

describe('every documented route that changes something', () => {
  const writes = routeHandlers.filter(({ method, isPublic }) => method !== 'GET' && !isPublic);

  it('leaves an event of who is in charge, or is named here as everyday use', async () => {
    const wrong: string[] = [];
    const check = async (route: RouteHandler): Promise<void> => {
      if (route.name === 'POST /auth/logout') return; // of the very key that asks
      const place = new OwnPlace(app, client, { word: `w${randomUUID().slice(0, 8)}` });
      const special = CALLS[route.name];
      const [call] = special ? [await special(place)] : await callsOf(route, place);
      const requestId = randomUUID();
      const isOperators = route.scopes.includes('operator');
      const caller = isOperators ? app.operator : client.master.as(USERS.owner);
      const { status } = await caller.with({ 'X-Request-Id': requestId }).call(call.method, call.path, call.body);
      const noted = await rows(app, 'SELECT action, actor_type FROM audit_events WHERE request_id = $1', [requestId]);
      const isEveryday = route.name in NOT_ADMINISTRATIVE;
      if (status >= 300) wrong.push(`${route.name} answered ${status}`);
      if (noted.length > 0 === isEveryday) wrong.push(`${route.name}: ${JSON.stringify(noted)}`);
      if (noted.some(({ actor_type: type }) => type !== (isOperators ? 'operator' : 'key')))
        wrong.push(`${route.name}: by another`);
    };
    const left = [...writes];
    const lane = async (): Promise<void> => {
      for (let route = left.pop(); route; route = left.pop()) await check(route);
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    expect(wrong).toEqual([]);
  }, 60_000);

  it('is named once', () => {
    const names = new Set(writes.map(({ name }) => name));
    expect([...Object.keys(NOT_ADMINISTRATIVE), ...Object.keys(CALLS)].filter((name) => !names.has(name))).toEqual([]);
  });
});

describe('an event', () => {
  it('says who did what to which thing, from where, in which call, and what changed', async () => {
    const { body: key } = await client.master.post('/clients/me/keys', { name: 'backend', type: 'master' });
    const requestId = randomUUID();
    const backend = app.api(key.key).with({ 'X-Request-Id': requestId, 'X-Forwarded-For': '203.0.113.7' });
    const settings = { inactivityDays: { support: 3, group: 9 } };
    expect((await client.master.patch('/clients/me', { settings })).status).toBe(200);

    await backend.as('ann').patch('/clients/me', { settings: { inactivityDays: { support: 4, group: 9 } } });

    expect(await newest('&resourceType=client')).toMatchObject({
      action: 'client.updated',
      resource: { type: 'client', id: client.id },
      actor: { type: 'key', keyId: key.keyId, keyName: 'backend', userId: 'ann', address: '203.0.113.7' },
      requestId,
      before: { settings: { inactivityDays: { support: 3 } } },
      after: { settings: { inactivityDays: { support: 4 } } },
    });
    await client.master.patch('/clients/me', { settings: { inactivityDays: { support: 4, group: 9 } } });
    expect(await newest('&resourceType=client')).toMatchObject({ requestId }); // nothing changed since
  });

  it('is there exactly when what it tells of is', async () => {
    const wish = { name: 'once', type: 'scoped', userId: 'ann' };
    const once = { 'Idempotency-Key': randomUUID() };
    await rows(app, `ALTER TABLE audit_events ADD CONSTRAINT no_luck CHECK (after->>'name' <> 'refused') NOT VALID`);
    try {
      expect((await client.master.post('/clients/me/keys', { ...wish, name: 'refused' })).status).toBe(500);
    } finally {
      await rows(app, 'ALTER TABLE audit_events DROP CONSTRAINT no_luck');
    }
    const { body } = await client.master.post('/clients/me/keys', wish, once);
    await client.master.post('/clients/me/keys', wish, once);

    expect(await rows(app, `SELECT 1 FROM api_keys WHERE name = 'refused'`)).toEqual([]);
    expect(await events(`&resourceId=${body.keyId}`)).toHaveLength(1);
  });

  it('holds no secret of what it tells of, and says that one has changed', async () => {
    const secret = `planted-${randomUUID()}`;
    const { master } = client;
    const smtp = { host: '127.0.0.1', port: 2525, from: 'shop@example.com', username: 'shop', password: secret };
    const { body: provider } = await master.post('/providers', { kind: 'smtp', name: 'Secret', settings: smtp });
    await master.patch(`/providers/${provider.id}`, { settings: { password: `${secret}-2` } });
    const hook = { url: 'http://127.0.0.1:9/', eventTypes: ['*'], headers: { 'x-token': secret } };
    const { body: endpoint } = await master.post('/webhooks/endpoints', hook);
    await master.patch(`/webhooks/endpoints/${endpoint.id}`, { headers: { 'x-token': `${secret}-2` } });
    const { body: turned } = await master.post(`/webhooks/endpoints/${endpoint.id}/rotate-secret`, {});
    const forward = (token: string) => ({
      ...{ type: 'forward', params: { url: 'http://127.0.0.1:9/', headers: { 'x-token': token } } },
    });
    const verification = { scheme: 'github', secret };
    const source = { event: `of-${randomUUID()}`, verification, actions: [forward(secret)] };
    const { body: made } = await master.post('/webhooks/sources', source);
    const change = { verification: { ...verification, secret: `${secret}-2` }, actions: [forward(`${secret}-2`)] };
    await master.patch(`/webhooks/sources/${made.id}`, change);
    const { body: again } = await master.post(`/webhooks/sources/${made.id}/rotate-secret`, { secret: `${secret}-3` });
    const { body: signing } = await master.post('/webhooks/signing-secret/rotate', {});
    const { body: key } = await master.post('/clients/me/keys', { name: 'k', type: 'master' });

    const told = await events();
    const stored = JSON.stringify([await rows(app, 'SELECT * FROM audit_events'), told]);
    const secrets = [secret, endpoint.secret, turned.secret, again.secret, signing.secret, key.key].filter(Boolean);
    expect(secrets.length).toBeGreaterThan(4);
    expect(secrets.filter((one: string) => stored.includes(one))).toEqual([]);
    const said = (action: string) => told.find((event) => event.action === action);
    expect(said('provider.updated')?.after).toEqual({ settings: { password: '••••' } });
    expect(said('endpoint.updated')?.after).toEqual({ headers: { 'x-token': '••••' } });
    expect(said('source.updated')?.after).toMatchObject({
      secret: '••••',
      headers: { forward: { 'x-token': '••••' } },
    });
  });

  it('says of rooms what a master key did, and nothing of contents', async () => {
    const roomId = await aRoom(client, { type: 'group', name: 'Secret plan', members: ['ann', 'bob'] });
    const ann = await client.login('ann');
    await client.master.patch(`/rooms/${roomId}/members/ann`, { role: 'owner' });
    await ann.api.patch(`/rooms/${roomId}`, { name: 'Still secret' });
    await client.master.patch(`/rooms/${roomId}`, { name: 'Secret plan B', maxMembers: 5 });
    await ann.api.post(`/rooms/${roomId}/deactivate`);

    const told = await events(`&resourceId=${roomId}`);
    expect(told.map(({ action }) => action)).toEqual(['room.updated', 'room.owner_changed']);
    expect(told[0]).toMatchObject({
      before: { name: '••••', maxMembers: null },
      after: { name: '••••', maxMembers: 5 },
    });
    expect(told[1]?.after).toEqual({ userId: 'ann', role: 'owner' });
  });
});

describe('the trail', () => {
  it('is asked by action, thing, actor and time, page by page, and is one client’s', async () => {
    const other = await aClient(app);
    const { body: key } = await client.master.post('/clients/me/keys', { name: 'asks', type: 'master' });
    const { createdAt } = (await client.master.get('/clients/me')).body as { createdAt: string };
    const since = new Date(Date.parse(createdAt) - 1_000).toISOString();
    await app.api(key.key).patch('/clients/me', { name: 'By a key' });
    await app.operator.patch(`/clients/${client.id}`, { name: 'By the operator' });

    expect(await events(`&actor=${key.keyId}`)).toHaveLength(1);
    expect((await newest('&actor=operator'))?.after).toEqual({ name: 'By the operator' });
    expect(await events(`&from=${since}&action=client.updated&resourceId=${key.keyId}`)).toEqual([]);
    expect(await events(`&to=${since}`)).toEqual([]);
    const first = (await client.master.get('/audit-events?limit=1')).body;
    const second = (await client.master.get(`/audit-events?limit=1&cursor=${first.nextCursor}`)).body;
    expect([first, second].map(({ data }) => data[0].id)).toEqual(
      (await events()).slice(0, 2).map((event) => (event as Event & { id: string }).id),
    );
    expect((await events('', other)).map(({ action }) => action)).toEqual(['key.created', 'client.created']);
    expect(await client.master.get(`/audit-events?from=${since}&to=${since}`)).toMatchObject({ status: 400 });
  });

  it('is written once: the database refuses to change or shorten it', async () => {
    await expect(rows(app, `UPDATE audit_events SET action = 'nothing.done'`)).rejects.toThrow(
      'neither changed nor removed',
    );
    await expect(rows(app, 'DELETE FROM audit_events')).rejects.toThrow('neither changed nor removed');
  });
});

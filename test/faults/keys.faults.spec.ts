import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { aClient, aRoom, type TestClient } from '../builders/clients.js';
import { Database } from '../../src/platform/database/index.js';
import { KeyHasher } from '../../src/platform/security/index.js';
import { anApp, type TestApp } from '../support/app.js';
import { OpenSockets } from '../support/open-sockets.js';
import { rows } from '../support/rows.js';
import { TRANSPORTS } from '../support/sockets.js';

const KEYS = 5_000;

let app: TestApp;
/** Another process of the same installation. */
let elsewhere: TestApp;
let client: TestClient;
const sockets = new OpenSockets();

beforeAll(async () => {
  app = await anApp();
  // Without workers, which look for work now and then.
  elsewhere = await app.another({ ROLE: 'api' });
}, 60_000);

beforeEach(async () => {
  client = await aClient(app);
});

afterEach(() => {
  jest.restoreAllMocks();
  sockets.closeAll();
});
afterAll(() => app.close());

describe('key lookup is one indexed row, not all keys loaded and bcrypt-compared', () => {
  it('reads one row by its index and compares at most one hash, with 5,000 keys in the table', async () => {
    await rows(
      app,
      `INSERT INTO api_keys (key_id, client_id, name, type, origin, hash, last_four)
       SELECT 'x' || lpad(n::text, 11, '0'), $1, 'one of many', 'scoped', 'manual', '$2b$10$' || repeat('x', 53), 'xxxx' FROM generate_series(1, ${KEYS}) n`,
      [client.id],
    );
    await rows(app, 'ANALYZE api_keys');
    const made = await client.master.post('/clients/me/keys', { name: 'fresh', type: 'scoped', userId: 'ann' });
    const compares = jest.spyOn(elsewhere.part(KeyHasher), 'matches');
    const queries = jest.spyOn(elsewhere.part(Database), 'query');

    const first = await elsewhere.api(made.body.key).get('/rooms');
    const lookUps = queries.mock.calls.filter(([{ text }]) => text.includes('api_keys'));
    const second = await elsewhere.api(made.body.key).get('/rooms');

    expect([first.status, second.status]).toEqual([200, 200]);
    expect(compares.mock.calls.length).toBe(1);
    expect(lookUps).toHaveLength(1);
    expect(queries.mock.calls.filter(([{ text }]) => text.includes('api_keys'))).toHaveLength(1);
    const [{ text }, values] = lookUps[0]!;
    const plan = await planOf(text, String(values?.[0]));
    expect(plan).toMatch(/Index Scan using api_keys_pkey on api_keys/);
    expect(plan).not.toMatch(/Seq Scan on api_keys/);
  });

  it('compares nothing for a mistyped key, and reads nothing either', async () => {
    const compares = jest.spyOn(elsewhere.part(KeyHasher), 'matches');
    const queries = jest.spyOn(elsewhere.part(Database), 'query');
    const mistyped = client.masterKey.slice(0, -1) + (client.masterKey.endsWith('a') ? 'b' : 'a');

    expect((await elsewhere.api(mistyped).get('/auth/me')).status).toBe(401);

    expect(compares).not.toHaveBeenCalled();
    expect(queries.mock.calls.filter(([{ text }]) => text.includes('api_keys'))).toEqual([]);
  });

  /** What PostgreSQL does for the statement, in its own words. */
  async function planOf(text: string, keyId: string): Promise<string> {
    const lines = await rows<{ 'QUERY PLAN': string }>(app, `EXPLAIN ${text.replace('$1', `'${keyId}'`)}`);
    return lines.map((line) => line['QUERY PLAN']).join('\n');
  }
});

describe('logout then login works', () => {
  it('gives a live key each time, on the same device, as often as one likes', async () => {
    for (let round = 0; round < 3; round++) {
      const ann = await client.login('ann', { device: 'phone' });
      expect((await ann.api.get('/auth/me')).status).toBe(200);
      expect((await ann.api.post('/auth/logout')).status).toBe(204);
      expect((await ann.api.get('/auth/me')).status).toBe(401);
    }
  });

  it('is as true of ten logins at once: all answer, and one key is alive', async () => {
    const logins = await Promise.all(Array.from({ length: 10 }, () => client.login('ann', { device: 'phone' })));

    const statuses = await Promise.all(logins.map(async ({ api }) => (await api.get('/auth/me')).status));

    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 401)).toHaveLength(9);
  });
});

describe.each(TRANSPORTS)('many keys and sockets per user, over %s', (transport) => {
  it('lets a second tab in beside the first: both hear everything', async () => {
    const ann = await client.login('ann');
    const roomId = await aRoom(client, { type: 'group', members: ['ann', 'bob'] });
    const tabs = [
      await sockets.open(transport, app.url, ann.apiKey),
      await sockets.open(transport, app.url, ann.apiKey),
      await sockets.open(transport, elsewhere.url, ann.apiKey),
    ];

    await client.master.as('bob').post('/messages', { roomId, content: 'To all tabs' });

    for (const tab of tabs) expect((await tab.hears('message.created')).data.content).toBe('To all tabs');
    expect(tabs.map(({ closed }) => closed)).toEqual([null, null, null]);
  });

  it('lets a second device log in beside the first', async () => {
    const phone = await client.login('ann', { device: 'phone' });
    const onPhone = await sockets.open(transport, app.url, phone.apiKey);

    const laptop = await client.login('ann', { device: 'laptop' });
    const onLaptop = await sockets.open(transport, app.url, laptop.apiKey);

    expect(await onPhone.command('ping')).toHaveProperty('ok');
    expect(await onLaptop.command('ping')).toHaveProperty('ok');
    expect((await phone.api.get('/auth/me')).status).toBe(200);
  });
});

describe.each(TRANSPORTS)('an ended key closes its sockets with 4003, over %s', (transport) => {
  it.each([
    [
      'rotated',
      async (keyId: string) => (await client.master.post(`/clients/me/keys/${keyId}/rotate`, {})).status === 201,
    ],
    ['revoked', async (keyId: string) => (await client.master.delete(`/clients/me/keys/${keyId}`)).status === 204],
    ['followed by a login on the same device', async () => (await client.login('ann')).apiKey.length > 0],
  ])('when it is %s, within a second, on every node, and only its own', async (_how, end) => {
    const ann = await client.login('ann');
    const other = await client.login('ann', { device: 'other' });
    const here = await sockets.open(transport, app.url, ann.apiKey);
    const there = await sockets.open(transport, elsewhere.url, ann.apiKey);
    const bystander = await sockets.open(transport, elsewhere.url, other.apiKey);

    expect(await end(ann.keyId)).toBe(true);
    const endedAt = Date.now();
    const closes = await Promise.all([here.ends(), there.ends()]);

    expect(Date.now() - endedAt).toBeLessThan(10_000);
    expect(closes.map(({ code }) => code)).toEqual([4003, 4003]);
    for (const node of [app, elsewhere]) expect((await node.api(ann.apiKey).get('/auth/me')).status).toBe(401);
    expect(await bystander.command('ping')).toHaveProperty('ok');
  });

  it('when its user logs out', async () => {
    const ann = await client.login('ann');
    const there = await sockets.open(transport, elsewhere.url, ann.apiKey);

    await ann.api.post('/auth/logout');

    expect(await there.ends()).toMatchObject({ code: 4003 });
  });

  it('and not before the end of an overlap', async () => {
    const ann = await client.login('ann');
    const there = await sockets.open(transport, elsewhere.url, ann.apiKey);

    const rotated = await client.master.post(`/clients/me/keys/${ann.keyId}/rotate`, { overlapSeconds: 5 });
    const late = await sockets.open(transport, app.url, ann.apiKey);

    expect(rotated.status).toBe(201);
    expect(await there.command('ping')).toHaveProperty('ok');
    expect((await app.api(ann.apiKey).get('/auth/me')).status).toBe(200);
    expect((await app.api(rotated.body.key).get('/auth/me')).status).toBe(200);
    expect((await Promise.all([there.ends(), late.ends()])).map(({ code }) => code)).toEqual([4007, 4007]);
    expect((await app.api(ann.apiKey).get('/auth/me')).status).toBe(401);
    expect((await app.api(rotated.body.key).get('/auth/me')).status).toBe(200);
  });
});

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Database } from '../../src/platform/database/index.js';
import { SuppressionList } from '../../src/modules/suppressions/index.js';
import { aClient, type TestClient } from '../builders/clients.js';
import { aScopedKey, NO_LIMITS } from '../builders/twins.js';
import { anApp, type TestApp } from '../support/app.js';
import { rotated } from '../support/rotation.js';
import { rows } from '../support/rows.js';

let app: TestApp;
let client: TestClient;
/** Has the same addresses. */
let other: TestClient;

beforeAll(async () => {
  app = await anApp();
}, 60_000);
beforeEach(async () => {
  [client, other] = [await aClient(app, { settings: NO_LIMITS }), await aClient(app, { settings: NO_LIMITS })];
});
afterAll(() => app.close());

const ann = { channel: 'email', address: 'ann@example.com', reason: 'manual' };
const suppress = (of: TestClient, wish: object = {}) => of.master.post('/suppressions', { ...ann, ...wish });
const listed = async (of: TestClient, query = '') =>
  (await of.master.get(`/suppressions${query}`)).body.data as Record<string, unknown>[];
const csv = (of: TestClient, text: string, headers = {}) =>
  of.master.post('/suppressions/import', text, { 'Content-Type': 'text/csv', ...headers });
/** As those who send ask. */
const reasons = async (house: TestApp, of: TestClient, channel: string, recipient: string) =>
  (await house.part(SuppressionList).find([{ clientId: of.id, channel, recipient }]))[0];

describe('a suppression', () => {
  it('is made once for an address and reason, however the address is written, in one client', async () => {
    const first = await suppress(client, { address: 'Ann@EXAMPLE.com' });
    const again = await suppress(client, { address: ' ann@example.com' });
    const complaint = await suppress(client, { reason: 'complaint' });
    await suppress(other);

    expect([first.status, again.status, complaint.status]).toEqual([201, 200, 201]);
    expect(first.body).toEqual({
      ...{ id: expect.any(String), ...ann, deliveryId: null, createdAt: expect.any(String) },
    });
    expect(again.body).toEqual(first.body);
    expect((await listed(client)).map(({ reason }) => reason)).toEqual(['complaint', 'manual']);
    expect(await listed(other)).toHaveLength(1);
  });

  it('is made once by many at once, in a client that had none', async () => {
    const elsewhere = await app.another();
    const there = elsewhere.api(client.masterKey);

    const replies = await Promise.all(
      Array.from({ length: 20 }, (_none, n) => (n % 2 ? there : client.master).post('/suppressions', ann)),
    );

    expect(replies.map(({ status }) => status).sort()).toEqual([...Array<number>(19).fill(200), 201]);
    expect(new Set(replies.map(({ body }) => body.id)).size).toBe(1);
    expect(await reasons(app, client, 'email', 'ann@example.com')).toEqual(['manual']);
    expect(await reasons(app, other, 'email', 'ann@example.com')).toEqual([]);
  });

  it.each([
    ['email', 'Ann@Example.com', 'ann@example.com'],
    ['sms', '+49 (151) 12-345.678', '+4915112345678'],
    ['webhook', 'HTTPS://Example.com:443', 'https://example.com/'],
    ['push', '0192F0C4-7D1E-7CC1-9A51-6F2F6B7A1C11', '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11'],
    ['websocket', 'ann', 'ann'],
  ])('on %s is found in every form of its address', async (channel, written, form) => {
    const made = await suppress(client, { channel, address: written });

    expect([made.status, made.body.address]).toEqual([201, form]);
    for (const address of [written, form]) {
      expect(await listed(client, `?channel=${channel}&address=${encodeURIComponent(address)}`)).toHaveLength(1);
      expect(await listed(client, `?address=${encodeURIComponent(address)}`)).toHaveLength(1);
      expect(await reasons(app, client, channel, address)).toEqual(['manual']);
      expect(await reasons(app, other, channel, address)).toEqual([]);
    }
    expect(await listed(client, `?channel=${channel}&address=bob@example.com`)).toEqual([]);
  });

  it('is listed by channel and reason, page by page', async () => {
    for (const n of [1, 2, 3]) await suppress(client, { address: `u${n}@example.com` });
    await suppress(client, { channel: 'sms', address: '+4915112345678', reason: 'unsubscribe' });
    await suppress(other);

    const first = (await client.master.get('/suppressions?limit=2&channel=email')).body;
    const second = (await client.master.get(`/suppressions?limit=2&channel=email&cursor=${first.nextCursor}`)).body;
    expect([...first.data, ...second.data].map(({ address }) => address)).toEqual([
      ...['u3@example.com', 'u2@example.com', 'u1@example.com'],
    ]);
    expect(second.nextCursor).toBeNull();
    expect(await listed(client, '?reason=unsubscribe')).toMatchObject([{ channel: 'sms' }]);
  });

  it('is lifted by its id, in its own client alone', async () => {
    const { body } = await suppress(client);
    await suppress(client, { reason: 'hard_bounce' });

    expect((await other.master.delete(`/suppressions/${body.id}`)).status).toBe(404);
    expect((await client.master.delete(`/suppressions/${body.id}`)).status).toBe(204);
    expect((await client.master.delete(`/suppressions/${body.id}`)).status).toBe(404);
    expect(await reasons(app, client, 'email', 'ann@example.com')).toEqual(['hard_bounce']);
    expect((await suppress(client)).status).toBe(201);
  });

  it('has its faults named', async () => {
    const faults = async (wish: object) =>
      (await client.master.post('/suppressions', wish)).body.errors.map(
        ({ pointer, code }: { pointer: string; code: string }) => `${pointer} ${code}`,
      );

    expect(await faults({ channel: 'fax', address: 'x', reason: 'why', more: 1 })).toEqual(
      expect.arrayContaining(['/reason is_in', '/more unknown_field']),
    );
    expect(await faults({ ...ann, channel: 'fax' })).toEqual(['/channel unknown_channel']);
    expect(await faults({ ...ann, address: 'ann' })).toEqual(['/address invalid_address']);
    expect(await faults({ ...ann, channel: 'sms' })).toEqual(['/address invalid_address']);
    expect(await faults({ ...ann, address: 'a@example.com\r\nBcc: b@example.com' })).toEqual([
      '/address invalid_address',
    ]);
  });

  it('is a master key’s business', async () => {
    const scoped = app.api(await aScopedKey(client));
    for (const call of ['POST ', 'GET ', 'POST /import', 'GET /export', `DELETE /${randomUUID()}`]) {
      const [method = '', path = ''] = call.split(' ');
      const body = method === 'POST' ? ann : undefined;
      expect((await scoped.call(method, `/suppressions${path}`, body)).status).toBe(403);
    }
  });
});

describe('an import', () => {
  const HEAD = 'channel,address,reason\r\n';

  it('takes a list, and a repeat adds nothing', async () => {
    const suppressions = [
      ann,
      { ...ann, address: 'ANN@example.com' },
      { ...ann, channel: 'sms', address: '+4915112345678' },
    ];
    const first = await client.master.post('/suppressions/import', { suppressions });
    const again = await client.master.post('/suppressions/import', { suppressions });

    expect([first.status, first.body]).toEqual([200, { received: 3, added: 2, known: 1 }]);
    expect(again.body).toEqual({ received: 3, added: 0, known: 3 });
    expect(await listed(client)).toHaveLength(2);
    expect(await listed(other)).toEqual([]);
  });

  it('takes what an export gave, in another client', async () => {
    await suppress(client);
    await suppress(client, { channel: 'sms', address: '+4915112345678', reason: 'unsubscribe' });
    await suppress(client, { channel: 'websocket', address: '=1+1,"x"', reason: 'complaint' });
    const exported = await client.master.get('/suppressions/export');

    expect(exported.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(exported.headers.get('content-disposition')).toContain('attachment');
    const [head, ...lines] = String(exported.body).trim().split('\r\n');
    expect(head).toBe('channel,address,reason,createdAt');
    expect(lines.map((line) => line.replace(/,[^,]*$/, ''))).toEqual([
      `websocket,"'=1+1,""x""",complaint`,
      `sms,'+4915112345678,unsubscribe`,
      'email,ann@example.com,manual',
    ]);
    expect((await csv(other, String(exported.body))).body).toEqual({ received: 3, added: 3, known: 0 });
    const told = ({ channel, address, reason }: Record<string, unknown>) => [channel, address, reason].join(' ');
    expect((await listed(other)).map(told).sort()).toEqual((await listed(client)).map(told).sort());
  });

  it('with faults adds nothing, and names each by its place', async () => {
    const places = (body: { errors: { pointer: string }[] }) => body.errors.map(({ pointer }) => pointer);
    const lines = await csv(client, `${HEAD}email,ann@example.com,manual\r\nfax,1,manual\r\nemail,nobody,why\r\n`);
    const list = await client.master.post('/suppressions/import', {
      suppressions: [ann, { ...ann, address: 'nobody' }, { ...ann, channel: 'fax' }],
    });

    expect([lines.status, places(lines.body)]).toEqual([
      400,
      ['/lines/3/channel', '/lines/4/address', '/lines/4/reason'],
    ]);
    expect([list.status, places(list.body)]).toEqual([400, ['/suppressions/1/address', '/suppressions/2/channel']]);
    expect((await csv(client, '')).status).toBe(400);
    expect((await csv(client, `${HEAD}email,a\0@example.com,manual`)).status).toBe(400);
    expect((await client.master.post('/suppressions/import', { suppressions: [] })).status).toBe(400);
    expect((await client.master.post('/suppressions/import')).status).toBe(400);
    expect(await listed(client)).toEqual([]);
  });

  it('is bounded', async () => {
    const many = Array.from({ length: 10_000 }, (_none, n) => `email,u${n}@example.com,unsubscribe`);
    const [first, second] = await Promise.all([1, 2].map(() => csv(client, HEAD + many.join('\n'))));
    const tooMany = await csv(client, `${HEAD}${many.join('\n')}\nemail,v@example.com,manual`);
    const tooLarge = await csv(client, HEAD + ' '.repeat(2 * 1024 * 1024));

    expect([first?.status, second?.status]).toEqual([200, 200]);
    expect([first?.body.added, second?.body.added].sort()).toEqual([0, 10_000]);
    expect([tooMany.status, tooMany.body.errors]).toMatchObject([400, [{ code: 'too_many' }]]);
    expect([tooLarge.status, tooLarge.body.limitBytes]).toEqual([413, 2_097_152]);
    const exported = String((await client.master.get('/suppressions/export')).body)
      .trim()
      .split('\r\n');
    expect(new Set(exported).size).toBe(10_001);
  }, 30_000);

  it('is no other kind of text', async () => {
    const refused = await client.master.post('/suppressions/import', 'x', { 'Content-Type': 'text/plain' });
    const elsewhere = await client.master.post('/suppressions', HEAD, { 'Content-Type': 'text/csv' });
    expect([refused.status, elsewhere.status]).toEqual([415, 415]);
  });
});

describe('a person who is erased', () => {
  const erase = async (of: TestClient) => expect((await of.master.delete('/users/ann')).status).toBe(204);

  it('stays suppressed, without an address, in one client', async () => {
    for (const house of [client, other]) {
      await house.master.put('/users/ann', { email: 'Ann@example.com', phone: '+4915112345678' });
      await suppress(house);
      await suppress(house, { channel: 'sms', address: '+4915112345678', reason: 'unsubscribe' });
      await suppress(house, { address: 'bob@example.com' });
    }
    const { body: told } = await client.master.get('/users/ann/export');
    expect(told.suppressions).toMatchObject([
      { channel: 'email', address: 'ann@example.com', reason: 'manual' },
      { channel: 'sms', address: '+4915112345678', reason: 'unsubscribe' },
    ]);

    await erase(client);

    expect(await reasons(app, client, 'email', 'ANN@example.com')).toEqual(['manual']);
    expect(await reasons(app, client, 'sms', '+4915112345678')).toEqual(['unsubscribe']);
    expect((await listed(client)).map(({ address }) => address)).toEqual(['bob@example.com', null, null]);
    expect(await listed(client, '?address=ann@example.com')).toMatchObject([{ address: null, reason: 'manual' }]);
    expect(String((await client.master.get('/suppressions/export')).body)).not.toMatch(/ann@|\+49/);
    expect(await listed(other, '?address=ann@example.com')).toMatchObject([{ address: 'ann@example.com' }]);
  });

  it('is known by a hash that says nothing without the client’s key', async () => {
    for (const house of [client, other]) await suppress(house);
    const stored = await rows<{ hash: Buffer }>(
      app,
      `SELECT address_hash AS hash FROM suppressions WHERE client_id = ANY ($1)`,
      [[client.id, other.id]],
    );
    expect(new Set(stored.map(({ hash }) => hash.toString('hex'))).size).toBe(2);
  });
});

describe('when SECRET_KEY is rotated', () => {
  const OLD = 'a-secret-key-for-tests';
  const NEW = 'another-secret-key-for-tests';
  const kidOf = async (of: TestClient) =>
    (
      await rows<{ kid: string }>(app, `SELECT sealed->>'kid' AS kid FROM suppression_keys WHERE client_id = $1`, [
        of.id,
      ])
    )[0]?.kid;

  it('suppressions hold with the new key in front, and then without the old one', async () => {
    await client.master.put('/users/ann', { email: 'ann@example.com' });
    await suppress(client);
    await client.master.delete('/users/ann');
    const before = await kidOf(client);

    const both = await app.another({ ROLE: 'api', SECRET_KEY: `${NEW},${OLD}` });
    expect(await reasons(both, client, 'email', 'ann@example.com')).toEqual(['manual']);
    expect(await rotated(app, `${NEW},${OLD}`)).toMatchObject({ code: 0 });
    expect(await kidOf(client)).not.toBe(before);
    const after = await app.another({ ROLE: 'api', SECRET_KEY: NEW });
    expect(await reasons(after, client, 'email', 'Ann@example.com')).toEqual(['manual']);
    expect(await reasons(after, other, 'email', 'ann@example.com')).toEqual([]);
  });

  it('nobody is told to be free while their client’s key cannot be opened', async () => {
    await suppress(client);
    const lost = await app.another({ ROLE: 'api', SECRET_KEY: 'quite-another-secret-key' });

    expect(await reasons(lost, client, 'email', 'ann@example.com')).toBeNull();
    expect(await reasons(lost, client, 'email', 'bob@example.com')).toBeNull();
    expect(await reasons(lost, other, 'email', 'ann@example.com')).toEqual([]);
    const database = lost.part(Database);
    const adding = database.transaction((tx) =>
      lost.part(SuppressionList).add(tx, client.id, [{ ...ann, reason: 'manual' }]),
    );
    await expect(adding).rejects.toMatchObject({ kind: 'unavailable' });
  });
});

it('of many addresses of several clients are found in one query, and of clients without any in none', async () => {
  await suppress(client, { address: 'u7@example.com', reason: 'complaint' });
  await suppress(client, { address: 'u7@example.com', reason: 'unsubscribe' });
  const asked = Array.from({ length: 40 }, (_none, n) => ({
    ...{ clientId: n % 2 ? client.id : other.id, channel: 'email', recipient: `u${n}@example.com` },
  }));
  const list = app.part(SuppressionList);
  await list.find(asked); // the keys are known from here on
  const database = app.part(Database);
  const queries: string[] = [];
  const query = database.query.bind(database);
  database.query = (statement, values) => {
    if (/^suppression/.test(statement.name)) queries.push(statement.name); // what the process does by itself is another matter
    return query(statement, values);
  };
  try {
    const found = await list.find(asked);
    const ofOther = await list.find(asked.filter(({ clientId }) => clientId === other.id));

    expect(found.flatMap((one, n) => (one?.length === 0 ? [] : [[n, one?.toSorted()]]))).toEqual([
      [7, ['complaint', 'unsubscribe']],
    ]);
    expect(ofOther.every((one) => one?.length === 0)).toBe(true);
    expect(queries).toEqual(['suppressions.reasons']);
  } finally {
    database.query = query;
  }
});

import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { SecretBox } from '../../src/platform/security/index.js';
import { aClient, type TestClient } from '../builders/clients.js';
import { anEmail, reached, send } from '../builders/notifications.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { aMailbox, type Mailbox } from '../support/mailbox.js';
import { rotated } from '../support/rotation.js';
import { rows } from '../support/rows.js';

const LOGIN = { user: 'shop', pass: 'correct horse battery staple' };
const OLD = 'the-old-secret-key-of-this-test';
const NEW = 'the-new-secret-key-of-this-test';
const kidOf = (secret: string) => createHash('sha256').update('kid\0').update(secret).digest('hex').slice(0, 8);

const PROVIDERS = 600;
const DEVICES = 50;
/** Each changes providers of its own. */
const LOADERS = 4;

let mailbox: Mailbox;
let app: TestApp;
let client: TestClient;
/** Logged in, and away ever since. */
let sleeping: string;

beforeAll(async () => {
  mailbox = await aMailbox(LOGIN);
  app = await anApp({ SECRET_KEY: OLD, ROLE: 'api' }); // it stays with the old key: it must not send with it
  client = await aClient(app, { settings: { limits: { requestsPerSecond: 10_000, requestsPerMinute: 100_000 } } });
  sleeping = (await client.login('sleeping')).apiKey;
  const settings = {
    host: '127.0.0.1',
    port: mailbox.port,
    from: 'shop@example.com',
    username: LOGIN.user,
    password: LOGIN.pass,
  };
  const answers = await Promise.all(
    Array.from({ length: PROVIDERS }, (_, n) =>
      client.master.post('/providers', { kind: 'smtp', name: `P${n}`, enabled: false, settings }),
    ),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
  await client.master.put('/users/ann', {});
  for (let n = 0; n < DEVICES; n++)
    await client.master.post('/users/ann/devices', { kind: 'fcm', token: `token-${n}` });
  await client.master.post('/clients/me/keys', { name: 'kept', type: 'master' }, { 'Idempotency-Key': 'kept' });
}, 120_000);

afterAll(async () => {
  await app.close();
  await mailbox.close();
});

const rotate = (SECRET_KEY: string) => rotated(app, SECRET_KEY);
const kidsIn = async (sql: string) => (await rows<{ kid: string }>(app, sql)).map(({ kid }) => kid);
const ALL = `SELECT settings->>'kid' AS kid FROM providers UNION SELECT address->>'kid' FROM devices
             UNION SELECT body::json->>'kid' FROM idempotency_keys WHERE sealed`;

describe('SECRET_KEY is rotated', () => {
  it('while everything goes on, by two at once, and again; and then the old key is gone', async () => {
    const busy = await app.another({ SECRET_KEY: `${NEW},${OLD}`, ROLE: 'all' });
    const its = { ...client, master: busy.api(client.masterKey) };
    const ids = (await rows<{ id: string }>(app, 'SELECT id FROM providers ORDER BY id LIMIT 40')).map(({ id }) => id);
    let over = false;
    const said = new Map<string, string>();
    const statuses = new Set<number>();
    const load = Promise.all(
      Array.from({ length: LOADERS }, async (_, loader) => {
        for (let n = loader; !over; n += LOADERS) {
          const id = ids[n % ids.length] ?? '';
          const from = `n${n}@example.com`;
          const change = await its.master.patch(`/providers/${id}`, { settings: { from } });
          const device = await its.master.post('/users/ann/devices', { kind: 'fcm', token: `token-${n % 80}` });
          statuses.add(change.status).add(device.status);
          said.set(id, from);
        }
      }),
    );

    const both = await Promise.all([rotate(`${NEW},${OLD}`), rotate(`${NEW},${OLD}`)]);
    over = true;
    await load;
    const again = await rotate(`${NEW},${OLD}`);

    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect([...statuses].every((status) => status < 300)).toBe(true);
    expect(said.size).toBeGreaterThan(LOADERS);
    for (const [id, from] of said)
      expect((await its.master.get(`/providers/${id}`)).body.settings).toMatchObject({ from, port: mailbox.port });
    expect(again).toMatchObject({ code: 0, said: expect.stringContaining('All is under the first key.') });
    expect(again.said).toContain(`settings of providers: ${PROVIDERS} under ${kidOf(NEW)}, the first`);
    // The one key that was used since has moved; the others have not been seen.
    await eventually(async () =>
      (await rotate(`${NEW},${OLD}`)).said.includes(
        `API keys: 1 under ${kidOf(NEW)}, the first; 2 under ${kidOf(OLD)}`,
      ),
    );
    expect(await kidsIn(ALL)).toEqual([kidOf(NEW)]);
    await busy.close();

    const after = await app.another({ SECRET_KEY: NEW, ROLE: 'all' });
    const now = { ...client, master: after.api(client.masterKey) };
    expect((await now.master.get('/clients/me')).status).toBe(200);
    expect((await after.api(sleeping).get('/rooms')).status).toBe(401);
    const [id = ''] = ids;
    expect((await now.master.post(`/providers/${id}/verify`)).body).toEqual({ ok: true, detail: null });
    const kept = await now.master.post(
      '/clients/me/keys',
      { name: 'kept', type: 'master' },
      { 'Idempotency-Key': 'kept' },
    );
    expect([kept.status, kept.headers.get('Idempotency-Replayed')]).toEqual([201, 'true']);
    await now.master.patch(`/providers/${id}`, { enabled: true });
    await reached(
      now,
      await send(now, { to: { email: 'ann@example.com' }, channels: { email: anEmail() }, provider: id }),
      'completed',
    );
    await after.close(); // what it seals in later tests the first process could not open
  }, 120_000);

  it('says what it cannot open, leaves it as it is, and ends badly', async () => {
    const before = await kidsIn(ALL);

    const { code, said } = await rotate('a-third-key-that-opens-nothing');

    expect(code).toBe(1);
    expect(said).toContain(`${kidOf(NEW)}, which SECRET_KEY does not list`);
    expect(said).toContain('Not all is under the first key.');
    expect(await kidsIn(ALL)).toEqual(before);
  });

  it('waits for a change that is under way, and keeps it', async () => {
    const settings = { host: 'before.example', port: 25, from: 'shop@example.com' };
    const { id } = (await client.master.post('/providers', { kind: 'smtp', name: 'Changing', settings })).body;
    const changed = { ...settings, host: 'after.example', secure: false };
    const box = new SecretBox({ SECRET_KEY: [OLD] });
    const database = new pg.Client({ connectionString: app.environment.DATABASE_URL });
    await database.connect();
    await database.query('BEGIN');
    await database.query('UPDATE providers SET settings = $2 WHERE id = $1', [
      id,
      box.seal(JSON.stringify(changed), `provider|${client.id}|${id}`),
    ]);
    const rotating = rotate(`${NEW},${OLD}`);
    await eventually(
      async () =>
        (
          await rows(
            app,
            `SELECT 1 FROM pg_stat_activity WHERE application_name = 'chatapi-rotate' AND datname = current_database() AND wait_event_type = 'Lock'`,
          )
        ).length > 0,
    );
    await database.query('COMMIT');
    await database.end();

    expect(await rotating).toMatchObject({ code: 0 });
    const after = await app.another({ SECRET_KEY: `${NEW},${OLD}` });
    const shown = (await after.api(client.masterKey).get(`/providers/${id}`)).body;
    expect(shown.settings).toMatchObject({ host: 'after.example' });
  });

  it('takes a key along that comes back before the old one is gone', async () => {
    const both = await app.another({ SECRET_KEY: `${NEW},${OLD}`, ROLE: 'all' });
    expect((await both.api(sleeping).get('/rooms')).status).toBe(200);
    await eventually(
      async () => (await kidsIn(`SELECT pepper AS kid FROM api_keys WHERE user_id = 'sleeping'`))[0] === kidOf(NEW),
    );
    await both.close();
    const after = await app.another({ SECRET_KEY: NEW, ROLE: 'all' });

    expect((await after.api(sleeping).get('/rooms')).status).toBe(200);
  });
});

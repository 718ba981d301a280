import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { SigningCleaning } from '../../src/modules/signing/signing-cleaning.js';
import { LIVE_MAX, SigningSecrets } from '../../src/modules/signing/index.js';
import { Clock, Database, type Tx } from '../../src/platform/database/index.js';
import { aClient, type TestClient } from '../builders/clients.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { noticesHeard } from '../support/notices.js';
import { rotated } from '../support/rotation.js';
import { rows } from '../support/rows.js';

const SECRET = /^whsec_[A-Za-z0-9+/]{43}=$/;

let app: TestApp;
let elsewhere: TestApp;
let client: TestClient;

beforeAll(async () => {
  app = await anApp();
  elsewhere = await app.another({ ROLE: 'api' });
  client = await aClient(app);
}, 60_000);

afterAll(() => app.close());

afterEach(() => {
  for (const { aheadSeconds, advance } of clocks()) advance(-aheadSeconds);
});

const clocks = () =>
  [app, elsewhere].map((node) => {
    const clock = node.part(Clock);
    return { aheadSeconds: clock.aheadSeconds, advance: (seconds: number) => clock.advance(seconds) };
  });
const later = (seconds: number): void => clocks().forEach(({ advance }) => advance(seconds));
const within = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => app.part(Database).transaction(work);
const secrets = () => app.part(SigningSecrets);
const rotate = (ownerId: string, overlapSeconds = 0): Promise<string> =>
  within((tx) => secrets().rotate(tx, client.id, ownerId, { overlapSeconds }));
const live = async (ownerId: string, node = app, clientId = client.id): Promise<readonly string[] | undefined> =>
  (await node.part(SigningSecrets).live(clientId, [ownerId])).get(ownerId);
const stored = (ownerId: string) =>
  rows<{ id: string }>(app, 'SELECT * FROM signing_secrets WHERE owner_id = $1', [ownerId]);

describe('an owner', () => {
  it('has none, until one is made or given', async () => {
    const [one, other] = [randomUUID(), randomUUID()];
    expect(await secrets().live(client.id, [one, other, one])).toEqual(
      new Map([
        [one, []],
        [other, []],
      ]),
    );

    const made = await within((tx) => secrets().create(tx, client.id, one));
    const given = await within((tx) => secrets().create(tx, client.id, other, 'a sender’s own secret'));

    expect(made).toMatch(SECRET);
    expect(given).toBe('a sender’s own secret');
    expect(await secrets().live(client.id, [one, other])).toEqual(
      new Map([
        [one, [made]],
        [other, [given]],
      ]),
    );
  });

  it('has at most three that are good, the newest first; the oldest falls out', async () => {
    const owner = randomUUID();
    const made: string[] = [];
    for (let n = 0; n < LIVE_MAX + 2; n++) made.unshift(await rotate(owner, 3_600));

    expect(await live(owner)).toEqual(made.slice(0, LIVE_MAX));
    expect(await stored(owner)).toHaveLength(LIVE_MAX);
  });

  it('keeps none beside a new one without an overlap, whatever was promised to it before', async () => {
    const owner = randomUUID();
    await rotate(owner);
    await rotate(owner, 3_600);
    const last = await rotate(owner);

    expect(await live(owner)).toEqual([last]);
    expect(await stored(owner)).toHaveLength(1);
  });

  it('keeps an old one no longer than was said first', async () => {
    const owner = randomUUID();
    await rotate(owner);
    const second = await rotate(owner, 60);
    const third = await rotate(owner, 3_600);
    later(61);

    expect(await live(owner)).toEqual([third, second]);
  });

  it('is another client’s when the client is: its secrets are not found under the same id', async () => {
    const owner = randomUUID();
    await rotate(owner);
    const stranger = await aClient(app);

    expect(await live(owner, app, stranger.id)).toEqual([]);
    await within((tx) => secrets().remove(tx, stranger.id, [owner]));
    expect(await live(owner)).toHaveLength(1);
  });

  it('has none any more when it is removed, on any node', async () => {
    const [owner, kept] = [randomUUID(), randomUUID()];
    await rotate(owner);
    const keptOne = await rotate(kept);
    expect(await live(owner, elsewhere)).toHaveLength(1);

    await within((tx) => secrets().remove(tx, client.id, [owner, randomUUID()]));

    expect(await live(owner)).toEqual([]);
    expect(await stored(owner)).toEqual([]);
    await eventually(async () => (await live(owner, elsewhere))?.length === 0);
    expect(await live(kept)).toEqual([keptOne]);
  });

  it('has as many as may be when many are made at once, and one that stays', async () => {
    const owner = randomUUID();
    const made = await Promise.all(Array.from({ length: 8 }, () => rotate(owner, 3_600)));
    const found = await live(owner);

    expect(found).toHaveLength(LIVE_MAX);
    expect(made).toEqual(expect.arrayContaining([...(found ?? [])]));
    expect(
      (await rows(app, 'SELECT 1 FROM signing_secrets WHERE owner_id = $1 AND expires_at IS NULL', [owner])).length,
    ).toBe(1);
  });
});

describe('one that is live', () => {
  it('is forgotten on every node when something changes, and when notices may have been missed', async () => {
    const owner = randomUUID();
    const first = await rotate(owner);
    expect(await live(owner, elsewhere)).toEqual([first]);

    const second = await rotate(owner, 60);
    expect(await live(owner)).toEqual([second, first]);
    await eventually(async () => (await live(owner, elsewhere))?.[0] === second);
    await noticesHeard(elsewhere); // of the first secret and of the second: either may have had it read both
    expect(await live(owner, elsewhere)).toEqual([second, first]);

    await rows(app, 'DELETE FROM signing_secrets WHERE owner_id = $1', [owner]); // behind its back
    expect(await live(owner, elsewhere)).toHaveLength(2);
    await rows(
      app,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'chatapi-notices%' AND datname = current_database()`,
    );
    await eventually(async () => (await live(owner, elsewhere))?.length === 0);
  });

  it('ends when the database says so', async () => {
    const owner = randomUUID();
    const first = await rotate(owner);
    const second = await rotate(owner, 60);
    await noticesHeard(app, elsewhere);
    const both = async () => [await live(owner), await live(owner, elsewhere)];
    expect(await both()).toEqual([
      [second, first],
      [second, first],
    ]);
    await rows(app, 'DELETE FROM signing_secrets WHERE owner_id = $1', [owner]); // so that only memory knows

    later(30);
    expect(await both()).toEqual([
      [second, first],
      [second, first],
    ]);
    later(30);
    expect(await both()).toEqual([[second], [second]]);
  });

  it('is cleaned away when it ended', async () => {
    const owner = randomUUID();
    await rotate(owner);
    await rotate(owner, 60);
    await app.part(SigningCleaning).clean();
    expect(await stored(owner)).toHaveLength(2);

    later(61);
    await app.part(SigningCleaning).clean();
    expect(await stored(owner)).toHaveLength(1);
  });

  it('is nothing that failed: an unsigned call is no way out of a lost SECRET_KEY', async () => {
    const owner = randomUUID();
    const secret = await rotate(owner);
    const lost = await app.another({ SECRET_KEY: 'another-secret-key-of-this-test', ROLE: 'api' });

    await expect(live(owner, lost)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(live(owner, lost)).rejects.not.toThrow(secret);
    expect(await live(owner)).toEqual([secret]);
  });
});

it('is nowhere in clear, opens in its own row only, and is wrapped anew with SECRET_KEY', async () => {
  const [owner, other] = [randomUUID(), randomUUID()];
  const secret = await rotate(owner);
  await rotate(other);
  const found = JSON.stringify(await stored(owner));
  expect(found).not.toContain(secret.slice('whsec_'.length, -4));

  const { code, said } = await rotated(app, `the-next-secret-key,${app.environment.SECRET_KEY}`);
  expect([code, said]).toEqual([0, expect.stringMatching(/signing secrets of webhooks: \d+ under \w+, the first\n/)]);
  const next = await app.another({ SECRET_KEY: 'the-next-secret-key', ROLE: 'api' });
  expect(await live(owner, next)).toEqual([secret]);

  await rows(
    app,
    `UPDATE signing_secrets SET sealed = (SELECT sealed FROM signing_secrets WHERE owner_id = $1) WHERE owner_id = $2`,
    [owner, other],
  );
  await expect(live(other, next)).rejects.toMatchObject({ code: 'unavailable' });
});

describe('the client’s own secret', () => {
  const PATH = '/webhooks/signing-secret';

  it('is shown once, and then since when it is', async () => {
    const { id, master } = await aClient(app);
    expect((await master.get(PATH)).status).toBe(404);

    const made = await master.post(`${PATH}/rotate`, {});
    expect(made).toMatchObject({
      status: 201,
      body: { secret: expect.stringMatching(SECRET), previousExpiresAt: null },
    });
    expect(await live(id, app, id)).toEqual([made.body.secret]);
    expect(await master.get(PATH)).toMatchObject({
      status: 200,
      body: { createdAt: made.body.createdAt, previousExpiresAt: null },
    });
    expect((await master.get(PATH)).body).not.toHaveProperty('secret');

    const next = await master.post(`${PATH}/rotate`, { overlapSeconds: 3_600 });
    const overlap = Date.parse(next.body.previousExpiresAt as string) - Date.parse(next.body.createdAt as string);
    expect(Math.round(overlap / 1_000)).toBe(3_600);
    expect(await live(id, app, id)).toEqual([next.body.secret, made.body.secret]);
    later(3_601);
    expect((await master.get(PATH)).body).toEqual({ createdAt: next.body.createdAt, previousExpiresAt: null });
  });

  it('is made once for a call that comes again, whose stored answer is sealed', async () => {
    const { id, master } = await aClient(app);
    const ask = () => master.post(`${PATH}/rotate`, { overlapSeconds: 60 }, { 'Idempotency-Key': 'again' });
    const [first, again] = [await ask(), await ask()];

    expect(again.body).toEqual(first.body);
    expect(await live(id, app, id)).toEqual([first.body.secret]);
    const [{ body } = { body: '' }] = await rows<{ body: string }>(
      app,
      'SELECT body FROM idempotency_keys WHERE client_id = $1',
      [id],
    );
    expect(body).not.toContain('whsec_');
  });

  it('is for keys with the scope, and its client’s alone', async () => {
    const { master } = await aClient(app);
    const stranger = await aClient(app);
    await master.post(`${PATH}/rotate`, {});
    const keyWith = async (...scopes: string[]) => {
      const { body } = await master.post('/clients/me/keys', { name: 'k', type: 'scoped', scopes });
      return app.api(body.key as string);
    };
    const [reader, writer, other] = await Promise.all([
      keyWith('webhooks:read'),
      keyWith('webhooks:write'),
      keyWith('rooms:read'),
    ]);

    expect((await stranger.master.get(PATH)).status).toBe(404);
    expect((await reader.get(PATH)).status).toBe(200);
    expect((await reader.post(`${PATH}/rotate`, {})).status).toBe(403);
    expect((await writer.post(`${PATH}/rotate`, {})).status).toBe(201);
    expect((await writer.get(PATH)).status).toBe(403);
    expect((await other.get(PATH)).status).toBe(403);
  });

  it.each([-1, 604_801, 1.5, '60', null])('is not replaced with an overlap of %j', async (overlapSeconds) => {
    const refused = await client.master.post(`${PATH}/rotate`, { overlapSeconds });

    expect([refused.status, refused.body.errors?.[0]?.pointer]).toEqual([400, '/overlapSeconds']);
  });
});

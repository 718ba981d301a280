import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { aClient, type TestClient } from '../builders/clients.js';
import { deliveryReached, reached, send } from '../builders/notifications.js';
import { aScopedKey, NO_LIMITS } from '../builders/twins.js';
import type { Api } from '../support/api.js';
import { anApp, type TestApp } from '../support/app.js';
import { OpenSockets } from '../support/open-sockets.js';
import { rows } from '../support/rows.js';
import { TRANSPORTS } from '../support/sockets.js';

interface Item {
  readonly id: string;
  readonly title: string;
  readonly seenAt: string | null;
  readonly readAt: string | null;
  readonly archivedAt: string | null;
}

let app: TestApp;
let client: TestClient;
/** With users of the same names. */
let other: TestClient;
let ann: Api;
const sockets = new OpenSockets();

beforeAll(async () => {
  app = await anApp({ DATABASE_POOL_SIZE: '30' }); // for many at once who wait for one row
}, 60_000);

beforeEach(async () => {
  [client, other] = [await aClient(app, { settings: NO_LIMITS }), await aClient(app, { settings: NO_LIMITS })];
  ann = client.master.as('ann');
});

afterEach(() => sockets.closeAll());
afterAll(() => app.close());

const notify = async (of: TestClient, userId: string, title: string, more: object = {}): Promise<string> => {
  const id = await send(of, { to: { userId }, channels: { websocket: { title } }, ...more });
  const { deliveries } = await reached(of, id, 'completed');
  return deliveries[0]?.id ?? '';
};
/** Filled one after the other: the order of arrival is known. */
async function filled(of: TestClient, userId: string, ...titles: string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const title of titles) ids.push(await notify(of, userId, title));
  return ids;
}
const itemsOf = async (of: Api, query = ''): Promise<Item[]> => (await of.get(`/inbox${query}`)).body.data as Item[];
const titles = async (of: Api, query = ''): Promise<string[]> => (await itemsOf(of, query)).map(({ title }) => title);
const counts = async (of: Api): Promise<unknown> => (await of.get('/inbox/count')).body;

describe('an inbox', () => {
  it('holds what was sent to its user in the app, the last one to arrive first, and of no other', async () => {
    await filled(client, 'ann', 'one', 'two', 'three');
    await filled(client, 'bob', 'Bob’s');
    await filled(other, 'ann', 'theirs');

    expect(await titles(ann)).toEqual(['three', 'two', 'one']);
    expect(await counts(ann)).toEqual({ unread: 3, total: 3 });
    expect(await titles(other.master.as('ann'))).toEqual(['theirs']);
    expect(await titles(client.master.as('nobody'))).toEqual([]);
    expect(await counts(client.master.as('nobody'))).toEqual({ unread: 0, total: 0 });
  });

  it('has a notification from the moment it is sent, and none that was not', async () => {
    const later = new Date(Date.now() + 3_600_000).toISOString();
    const wish = { to: { userId: 'ann' }, channels: { websocket: { title: 'early' } } };
    const id = await send(client, { ...wish, sendAt: later });
    await notify(client, 'ann', 'test', { test: true });
    await notify(client, 'ann', 'now');
    const { body } = await client.master.get(`/notifications/${id}`);
    const { id: waiting } = body.deliveries[0];

    expect(await titles(ann)).toEqual(['now']);
    expect((await ann.post(`/inbox/${waiting}/read`)).status).toBe(404);

    await rows(app, `UPDATE work_items SET run_at = now() WHERE id = $1 RETURNING id`, [waiting]);
    await reached(client, id, 'completed');
    expect(await titles(ann)).toEqual(['early', 'now']);
    expect(await counts(ann)).toEqual({ unread: 2, total: 2 });
  });

  it('is paged by state, and pages stay as they are while items arrive', async () => {
    await filled(client, 'ann', 'a', 'b', 'c', 'd');
    const { body: first } = await ann.get('/inbox?limit=2&state=unread');
    await filled(client, 'ann', 'e');
    const { body: second } = await ann.get(`/inbox?limit=2&state=unread&cursor=${first.nextCursor}`);

    expect([...first.data, ...second.data].map(({ title }) => title)).toEqual(['d', 'c', 'b', 'a']);
    expect(second.nextCursor).toBeNull();
    expect((await ann.get('/inbox?cursor=x')).body.errors).toMatchObject([
      { pointer: '/cursor', code: 'broken_cursor' },
    ]);
    expect((await ann.get('/inbox?state=new')).body.errors).toMatchObject([{ pointer: '/state' }]);
  });

  it('moves items from state to state, and a repeat changes nothing', async () => {
    const [one = '', two = '', three = ''] = await filled(client, 'ann', 'one', 'two', 'three');
    const read = await ann.post(`/inbox/${one}/read`);
    const archived = await ann.post(`/inbox/${two}/archive`);

    expect(read.body).toMatchObject({
      id: one,
      seenAt: expect.any(String),
      readAt: expect.any(String),
      archivedAt: null,
    });
    expect(archived.body).toMatchObject({ readAt: expect.any(String), archivedAt: expect.any(String) });
    expect((await ann.post(`/inbox/${one}/read`)).body).toEqual(read.body);
    expect((await ann.post(`/inbox/${two}/archive`)).body).toEqual(archived.body);
    expect(await counts(ann)).toEqual({ unread: 1, total: 3 });
    const inStates = ['unread', 'read', 'archived', 'all'].map((state) => titles(ann, `?state=${state}`));
    expect(await Promise.all(inStates)).toEqual([['three'], ['one'], ['two'], ['three', 'two', 'one']]);

    const back = await ann.post(`/inbox/${two}/unread`);
    expect(back.body).toMatchObject({ seenAt: archived.body.seenAt, readAt: null, archivedAt: null });
    expect(await counts(ann)).toEqual({ unread: 2, total: 3 });
    expect((await ann.post(`/inbox/${three}/unread`)).body).toMatchObject({ seenAt: null, readAt: null });
  });

  it('is read as a whole, however large, but for what the user does not have yet', async () => {
    const wishes = Array.from({ length: 12 }, () => ({
      to: Array.from({ length: 20 }, () => ({ userId: 'ann' })),
      channels: { websocket: { title: 'Many' } },
    }));
    const { body } = await client.master.post('/notifications/batch', { notifications: wishes });
    for (const { id } of body.results) await reached(client, id, 'completed');
    await filled(client, 'bob', 'Bob’s');
    await filled(other, 'ann', 'theirs');
    expect(await counts(ann)).toEqual({ unread: 240, total: 240 });

    const { status, body: left } = await ann.post('/inbox/read-all');

    expect([status, left]).toEqual([200, { unread: 0, total: 240 }]);
    expect(await itemsOf(ann, '?state=unread')).toEqual([]);
    expect(await counts(client.master.as('bob'))).toEqual({ unread: 1, total: 1 });
    expect(await counts(other.master.as('ann'))).toEqual({ unread: 1, total: 1 });
  }, 30_000);

  it('is its user’s alone: what is another’s is not there', async () => {
    const [id = ''] = await filled(client, 'ann', 'Ann’s');
    const strangers = [client.master.as('bob'), other.master.as('ann')];
    for (const stranger of strangers)
      for (const verb of ['read', 'unread', 'archive']) {
        const refused = await stranger.post(`/inbox/${id}/${verb}`);
        const nobody = await stranger.post(`/inbox/${randomUUID()}/${verb}`);
        expect([refused.status, refused.body.code]).toEqual([404, 'not_found']);
        expect({ ...refused.body, requestId: '' }).toEqual({ ...nobody.body, requestId: '' });
      }
    expect(await itemsOf(ann)).toMatchObject([{ id, seenAt: null, readAt: null, archivedAt: null }]);
  });

  it('is opened by the user’s own key, or by a master key that says for whom', async () => {
    await filled(client, 'ann', 'one');
    const own = app.api(await aScopedKey(client, { userId: 'ann', scopes: ['inbox:read'] }));

    expect(await titles(own)).toEqual(['one']);
    expect((await own.post('/inbox/read-all')).body.missing).toEqual(['inbox:write']);
    for (const call of ['GET /inbox', 'GET /inbox/count', 'POST /inbox/read-all', `POST /inbox/${randomUUID()}/read`]) {
      const [method = '', path = ''] = call.split(' ');
      expect((await client.master.call(method, path)).body.code).toBe('user_required');
    }
  });

  it('is gone with its user, counts and all', async () => {
    await filled(client, 'ann', 'one', 'two');
    await filled(other, 'ann', 'theirs');
    expect((await client.master.delete('/users/ann')).status).toBe(204);

    expect(await titles(ann)).toEqual([]);
    expect(await counts(ann)).toEqual({ unread: 0, total: 0 });
    expect(await counts(other.master.as('ann'))).toEqual({ unread: 1, total: 1 });
  });
});

describe.each(TRANSPORTS)('the user’s sockets, over %s,', (transport) => {
  it('hear what was done on another device, once', async () => {
    const [one = '', two = ''] = await filled(client, 'ann', 'one', 'two');
    const { apiKey, api } = await client.login('ann');
    const phone = await sockets.open(transport, app.url, apiKey);
    const bob = await sockets.open(transport, app.url, (await client.login('bob')).apiKey);
    const namesake = await sockets.open(transport, app.url, (await other.login('ann')).apiKey);

    const { body: archived } = await api.post(`/inbox/${one}/archive`);
    await api.post(`/inbox/${one}/archive`);
    expect((await phone.hears('notification.updated')).data).toEqual(archived);
    await api.post('/inbox/read-all');
    expect((await phone.hears('notification.updated', 2)).data).toMatchObject({ id: two, readAt: expect.any(String) });
    const { body: unread } = await api.post(`/inbox/${two}/unread`);
    expect((await phone.hears('notification.updated', 3)).data).toEqual(unread);
    expect(unread.readAt).toBeNull();
    expect([...bob.of('notification.updated'), ...namesake.of('notification.updated')]).toEqual([]);
  });
});

it('counts an item once, also when a live socket takes it', async () => {
  const { apiKey } = await client.login('ann');
  const phone = await sockets.open('raw', app.url, apiKey);
  const id = await send(client, { to: { userId: 'ann' }, channels: { websocket: { title: 'Hello' } } });
  await phone.hears('notification.created');
  await deliveryReached(client, id, 'delivered');

  expect(await counts(ann)).toEqual({ unread: 1, total: 1 });
});

describe('counts', () => {
  /** What there is, counted row by row. */
  const recount = async () =>
    await rows(
      app,
      `SELECT d.client_id, d.user_id, count(*)::int AS total, (count(*) FILTER (WHERE read_at IS NULL))::int AS unread FROM deliveries d
        WHERE channel = 'websocket' AND user_id IS NOT NULL AND sent_at IS NOT NULL AND client_id = ANY ($1) GROUP BY 1, 2 ORDER BY 1, 2`,
      [[client.id, other.id]],
    );
  const kept = () =>
    rows(app, `SELECT client_id, user_id, total, unread FROM inbox_counts WHERE client_id = ANY ($1) ORDER BY 1, 2`, [
      [client.id, other.id],
    ]);

  /** A small generator of its own, so that a failing run can be had again. */
  const randomFrom = (seed: number) => () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };

  it('count an item once, whoever reads it at the same time', async () => {
    const elsewhere = await app.another();
    const to = Array.from({ length: 120 }, () => ({ userId: 'ann' }));
    await reached(client, await send(client, { to, channels: { websocket: { title: 'Many' } } }), 'completed');
    const ids = (await itemsOf(ann, '?limit=30')).map(({ id }) => id);
    const there = elsewhere.api(client.masterKey).as('ann');

    const alls = await Promise.all([
      ...[ann, there, ann, there].map((user) => user.post('/inbox/read-all')),
      ...ids.flatMap((id) => [ann.post(`/inbox/${id}/read`), there.post(`/inbox/${id}/archive`)]),
    ]);

    expect(alls.map(({ status }) => status).filter((status) => status !== 200)).toEqual([]);
    expect(alls.slice(0, 4).map(({ body }) => body.unread)).toEqual([0, 0, 0, 0]);
    expect(await counts(ann)).toEqual({ unread: 0, total: 120 });
    expect(await titles(ann, '?state=archived')).toHaveLength(30);
  });

  it.each([1, 2, 3])(
    'equal a recount, whatever several callers do at once (%i)',
    async (seed) => {
      const users = ['ann', 'bob'];
      const elsewhere = await app.another();
      const sent: Promise<string>[] = [];
      const act = async (random: () => number): Promise<void> => {
        const of = random() < 0.5 ? client : other;
        const userId = users[Math.floor(random() * users.length)] ?? '';
        const house = random() < 0.5 ? app : elsewhere;
        const user = house.api(of.masterKey).as(userId);
        const what = random();
        if (what < 0.3) {
          const id = send(of, {
            to: users.map((one) => ({ userId: one })),
            channels: { websocket: { title: 'Hello' } },
          });
          sent.push(id.then((known) => `${of.id} ${known}`));
          await id;
          return;
        }
        if (what < 0.4) {
          await user.post('/inbox/read-all');
          return;
        }
        const items = await itemsOf(user, '?limit=5');
        const { id } = items[Math.floor(random() * items.length)] ?? { id: randomUUID() };
        const verb = ['read', 'unread', 'archive', 'read'][Math.floor(random() * 4)];
        await user.post(`/inbox/${id}/${verb}`);
      };
      const caller = async (n: number): Promise<void> => {
        const random = randomFrom(seed * 1_000 + n);
        for (let step = 0; step < 25; step++) await act(random);
      };

      await Promise.all(Array.from({ length: 8 }, (_none, n) => caller(n)));
      for (const one of await Promise.all(sent)) {
        const [clientId, id = ''] = one.split(' ');
        await reached(clientId === client.id ? client : other, id, 'completed');
      }

      expect((await recount()).length).toBe(4);
      expect(await kept()).toEqual(await recount());
      for (const house of [client, other])
        for (const userId of users) {
          const user = house.master.as(userId);
          const all = async (state: string): Promise<number> => {
            let count = 0;
            for (let cursor: string | null = ''; cursor !== null;) {
              const { body } = await user.get(`/inbox?limit=100&state=${state}${cursor && `&cursor=${cursor}`}`);
              count += (body.data as Item[]).length;
              cursor = body.nextCursor;
            }
            return count;
          };
          expect(await counts(user)).toEqual({ unread: await all('unread'), total: await all('all') });
        }
    },
    60_000,
  );
});

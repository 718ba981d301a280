import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { OwnPlace, USERS } from '../builders/places.js';
import { reached } from '../builders/notifications.js';
import { aScopedKey, type Twin, twins } from '../builders/twins.js';
import type { Reply } from '../support/api.js';
import { anApp, type TestApp } from '../support/app.js';
import { type Call, callsOf } from '../support/calls.js';
import { routeHandlers, type RouteHandler } from '../support/handlers.js';
import { OpenSockets } from '../support/open-sockets.js';
import { RawTestSocket } from '../support/sockets.js';

/*
 * What one client is given or makes up itself, and another may come by or make up alike: cursors, idempotency keys, message
 * ids, tickets, the names of users and devices.
 */

let app: TestApp;
let a: Twin;
let b: Twin;
const sockets = new OpenSockets();

beforeAll(async () => {
  app = await anApp();
  ({ a, b } = await twins(app));
}, 60_000);

afterEach(() => sockets.closeAll());
afterAll(() => app.close());

const ask = ({ client }: Twin, { method, path, body }: Call, headers = {}): Promise<Reply> =>
  client.master.as(USERS.owner).call(method, path, body, headers);

const isOfAClient = ({ scopes, isPublic }: RouteHandler): boolean => !isPublic && !scopes.includes('operator');

describe('a cursor of another client, and one that was tampered with, is refused or shows only one’s own', () => {
  /** Filters by which a twin's list would be too short to have a cursor. */
  const FILTERS = /[?&](memberId|recipient)=[^&]*/;
  const lists = routeHandlers.filter((route) => route.isList && isOfAClient(route));

  const pathOf = async (route: RouteHandler, twin: Twin) => {
    const [call] = await callsOf(route, twin.place);
    const path = (call?.path ?? '').replace(FILTERS, '');
    return `${path}${path.includes('?') ? '&' : '?'}limit=`;
  };

  it.each(lists)('$name', async (route) => {
    const [theirs, own] = [await pathOf(route, a), await pathOf(route, b)];
    const get = (twin: Twin, path: string) => ask(twin, { method: 'GET', path });
    const [given, mine] = [await get(a, `${theirs}1`), await get(b, `${own}1`)];
    const cursors = [given, mine].map(({ body }) => String(body.nextCursor));
    if (cursors.includes('null'))
      throw new Error(`Make two of what ${route.name} lists: aFullPlace in test/builders/places.ts`);
    const [cursor = '', ownCursor = ''] = cursors;
    const room = await a.place.id('room');

    const answers = await Promise.all(
      [cursor, ...tampered(ownCursor, room), ...tampered(cursor, room)].map(async (tried) => {
        const { status, body } = await get(b, `${own}100&cursor=${encodeURIComponent(tried)}`);
        return { tried, status, traces: a.tracesIn(JSON.stringify(body).replaceAll(tried, '')) };
      }),
    );

    expect(answers.filter(({ status, traces }) => (status !== 200 && status !== 400) || traces.length > 0)).toEqual([]);
    expect((await get(b, `${own}100&cursor=${ownCursor}`)).status).toBe(200);
  });

  /** Cut, mixed, and with other values in its places. */
  function tampered(cursor: string, foreignId: string): string[] {
    const values = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[];
    const made = (changed: unknown) => Buffer.from(JSON.stringify(changed)).toString('base64url');
    const swapped = values.flatMap((_value, at) =>
      [foreignId, -1, 0, Number.MAX_SAFE_INTEGER, '', null, {}, '9999-12-31T23:59:59.999Z', "' OR 1=1 --"].map(
        (other) => made(values.with(at, other)),
      ),
    );
    return [
      cursor.slice(1),
      `${cursor}AA`,
      [...cursor].reverse().join(''),
      made([]),
      made(values[0]),
      made([...values, 1]),
      ...swapped,
    ];
  }
});

describe('an Idempotency-Key of another client is unknown', () => {
  const posts = routeHandlers.filter((route) => route.takesIdempotencyKey && isOfAClient(route));

  it.each(posts)('$name', async (route) => {
    const [theirs, own] = [a, b].map(({ client, place }) => new OwnPlace(app, client, place.wish)) as [
      OwnPlace,
      OwnPlace,
    ];
    const [theirCalls, ownCalls] = [await callsOf(route, theirs), await callsOf(route, own)];

    for (const [at, call] of ownCalls.entries()) {
      const headers = { 'Idempotency-Key': `the same ${at}` };
      const first = await ask(a, theirCalls[at] ?? call, headers);
      const others = await ask(b, call, headers);
      const [again, othersAgain] = [await ask(a, theirCalls[at] ?? call, headers), await ask(b, call, headers)];

      expect([first, others, again, othersAgain].map(({ status }) => status)).toEqual(Array(4).fill(first.status));
      expect(first.status).toBeLessThan(300);
      expect([first, others].map(({ headers }) => headers.get('Idempotency-Replayed'))).toEqual([null, null]);
      expect([again, othersAgain].map(({ headers }) => headers.get('Idempotency-Replayed'))).toEqual(['true', 'true']);
      expect([again.body, othersAgain.body]).toEqual([first.body, others.body]);
      expect(a.tracesIn(JSON.stringify(others.body))).toEqual([]);
    }
  });
});

describe('what both clients name alike is each one’s own', () => {
  it('a clientMessageId, in rooms of one name', async () => {
    const send = async (twin: Twin, content: string) => {
      const roomId = await twin.place.id('room');
      const { status, body } = await twin.place
        .as('owner')
        .post('/messages', { roomId, content, clientMessageId: 'c1' });
      return [status, body.content];
    };

    expect([await send(a, 'Of A'), await send(b, 'Of B')]).toEqual([
      [201, 'Of A'],
      [201, 'Of B'],
    ]);
    expect([await send(a, 'Of A'), await send(b, 'Of B')]).toEqual([
      [200, 'Of A'],
      [200, 'Of B'],
    ]);
  });

  it('a pair of users who talk', async () => {
    const talk = ({ place }: Twin) => place.as('owner').post('/rooms', { type: 'direct', members: [USERS.admin] });

    const [inA, inB] = [await talk(a), await talk(b)];

    expect([inA.status, inB.status]).toEqual([201, 201]);
    expect(inA.body.id).not.toBe(inB.body.id);
  });

  it('a user and a device: a login in one client ends no key of the other', async () => {
    const login = ({ client }: Twin, displayName: string) => client.login('ann', { displayName, device: 'phone' });
    const [annA, annB] = [await login(a, 'Ann of A'), await login(b, 'Ann of B')];

    const me = await Promise.all([annA, annB].map(({ api }) => api.get('/auth/me')));

    expect(me.map(({ body }) => [body.client.id, body.user.displayName])).toEqual([
      [a.client.id, 'Ann of A'],
      [b.client.id, 'Ann of B'],
    ]);
  });

  it('rooms and unread counts of a user', async () => {
    const seen = async (twin: Twin) => {
      const { body } = await app.api(await aScopedKey(twin.client, { userId: USERS.member })).get('/rooms?limit=100');
      return body.data as { id: string; lastReadSeq: number }[];
    };
    await b.place.as('member').post(`/rooms/${await b.place.id('room')}/read`, { seq: 1 });

    const [inA, inB] = [await seen(a), await seen(b)];

    expect(b.tracesIn(JSON.stringify(inA))).toEqual([]);
    expect(a.tracesIn(JSON.stringify(inB))).toEqual([]);
    expect(inA.every(({ lastReadSeq }) => lastReadSeq === 0)).toBe(true);
    expect(inB.some(({ lastReadSeq }) => lastReadSeq === 1)).toBe(true);
  });

  it('a provider named in a notification: another client’s is none', async () => {
    const wish = { to: { email: 'delivered@simulator.test' }, channels: { email: { subject: 'Hi', text: 'Hi' } } };
    const send = async (provider: string) => {
      const { body } = await b.client.master.post('/notifications/send', { ...wish, provider });
      return String(body.id);
    };
    const own = await send(await b.place.id('provider'));
    const foreign = await send(await a.place.id('provider'));
    const ended = async (id: string) => (await reached(b.client, id, 'completed', 'failed', 'partially_failed')).status;

    expect([await ended(own), await ended(foreign)]).toEqual(['completed', 'failed']);
  });
});

it('a ticket opens a socket of its own client, whose rooms and no others it hears of', async () => {
  const open = async (twin: Twin) => {
    const { body } = await app.api(await aScopedKey(twin.client, { userId: USERS.owner })).post('/auth/tickets');
    const socket = sockets.keep(new RawTestSocket(app.url, undefined, { ticket: String(body.ticket) }));
    return (await socket.hears('ready')).data as { clientId: string; rooms: object[] };
  };

  const [inA, inB] = [await open(a), await open(b)];

  expect([inA.clientId, inB.clientId]).toEqual([a.client.id, b.client.id]);
  expect(inB.rooms.length).toBeGreaterThan(0);
  expect(a.tracesIn(JSON.stringify(inB))).toEqual([]);
});

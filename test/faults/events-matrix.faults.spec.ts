import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Recovery } from '../../src/platform/realtime/recovery.js';
import { RoomHeads } from '../../src/platform/realtime/room-heads.js';
import { SCOPES } from '../../src/platform/security/index.js';
import { gist } from '../builders/casts.js';
import { OwnPlace, USERS } from '../builders/places.js';
import { aScopedKey, type Twin, twins } from '../builders/twins.js';
import { anApp, type TestApp } from '../support/app.js';
import { callsOf, inputsOf, kindsOf } from '../support/calls.js';
import { eventually } from '../support/eventually.js';
import {
  commandHandlers,
  documented,
  eventsOf,
  type Handler,
  routeHandlers,
  type RouteHandler,
} from '../support/handlers.js';
import { OpenSockets } from '../support/open-sockets.js';
import { rows } from '../support/rows.js';
import { type Heard, type TestSocket, type TransportName, TRANSPORTS } from '../support/sockets.js';

/*
 * One client does everything that the documents know, and causes every event that they know, on both processes of an
 * installation. Who hears of it: its own sockets, as far as their keys may read; and nobody of another client, whose users
 * and rooms have the same names.
 */

let app: TestApp;
/** Another process of the installation. */
let elsewhere: TestApp;
let a: Twin;
let b: Twin;
/** What A was refused of all it did: nothing, or the rest would prove little. */
let refused: string[];
const sockets = new OpenSockets();

/** Of A, on one transport: who acts, and who hears it with keys that may read more or less. */
interface Side {
  readonly user: TestSocket;
  readonly master: TestSocket;
  readonly ears: readonly { readonly scopes: readonly string[]; readonly socket: TestSocket }[];
}
const sides = new Map<TransportName, Side>();
/** Of B. */
let listeners: readonly TestSocket[];

/** The two who are in every room, and are notified: what one does, the other hears. */
const HEARERS = [USERS.owner, USERS.member];
const processes = () => [app, elsewhere];

/** Told by a process that stops, to every socket of whatever client. */
const OF_NO_CLIENT = 'server.draining';
const events = eventsOf('raw').filter(({ name }) => name !== OF_NO_CLIENT);
const needed = [...new Set(events.flatMap(({ scopes }) => scopes))];
/** All scopes; for each that an event asks for, all but that one, and that one alone. */
const SCOPE_SETS: readonly (readonly string[])[] = [
  SCOPES,
  ...needed.map((scope) => SCOPES.filter((other) => other !== scope)),
  ...needed.map((scope) => [scope]),
];

beforeAll(async () => {
  app = await anApp({ ROOM_SWEEP_SECONDS: '1' });
  elsewhere = await app.another();
  ({ a, b } = await twins(app));
  listeners = await listenersOf(b);
  const keys = await Promise.all(
    SCOPE_SETS.flatMap((scopes) =>
      HEARERS.map(async (userId) => ({ scopes, key: await aScopedKey(a.client, { userId, scopes }) })),
    ),
  );
  for (const transport of TRANSPORTS) {
    const open = (key: string, at = app) => sockets.open(transport, at.url, key);
    const ears = keys.flatMap(({ scopes, key }) =>
      processes().map(async (process) => ({ scopes, socket: await open(key, process) })),
    );
    const user = await open(keys[0]?.key ?? '');
    sides.set(transport, { user, master: await open(a.client.masterKey), ears: await Promise.all(ears) });
  }
  refused = await doEverything();
  await causeTheRest();
  await everythingIsHeard();
}, 120_000);

afterAll(async () => {
  sockets.closeAll();
  await app.close();
});

/** Sockets of both users and of the master key, on either transport and process. */
async function listenersOf({ client, place }: Twin): Promise<TestSocket[]> {
  const keys = await Promise.all(HEARERS.map((userId) => aScopedKey(client, { userId })));
  const doors = processes().flatMap(({ url }) => TRANSPORTS.map((transport) => ({ url, transport })));
  const opened = doors.flatMap(({ url, transport }) => keys.map((key) => sockets.open(transport, url, key)));
  const masters = await Promise.all(doors.map(({ url, transport }) => sockets.open(transport, url, client.masterKey)));
  for (const master of masters) await master.command('room.subscribe', { roomId: await place.id('room') });
  return [...masters, ...(await Promise.all(opened))];
}

/** What must have been done, to the same thing, for a handler to change anything. */
const BEFORE: Readonly<Record<string, string>> = {
  'DELETE /messages/{id}/reactions/{emoji}': 'PUT /messages/{id}/reactions/{emoji}',
  'DELETE /messages/{id}/pin': 'POST /messages/{id}/pin',
  'POST /rooms/{id}/activate': 'POST /rooms/{id}/deactivate',
  'GET /webhooks/signing-secret': 'POST /webhooks/signing-secret/rotate',
  'reaction.remove': 'reaction.add',
  'typing.stop': 'typing.start',
};

const aNewPlace = () => new OwnPlace(app, a.client, a.place.wish);

/** A calls a route with things of its own, for which nothing is refused. @returns what was refused all the same */
async function call(route: RouteHandler, place: OwnPlace): Promise<string[]> {
  const before = routeHandlers.find(({ name }) => name === BEFORE[route.name]);
  const refused = before ? await call(before, place) : [];
  const endsItsKey = route.name === 'POST /auth/logout';
  const api = route.scopes.includes('operator') ? app.operator : place.as('owner');
  for (const { method, path, body } of await callsOf(route, place)) {
    const reply = await (endsItsKey ? (await a.client.login('leaver')).api : api).call(method, path, body);
    if (reply.status >= 300) refused.push(`${route.name}: ${gist(reply)}`);
  }
  return refused;
}

/** The same of a command. */
async function command(handler: Handler, place: OwnPlace, { user, master, ears }: Side): Promise<string[]> {
  const before = commandHandlers.find(({ name }) => name === BEFORE[handler.name]);
  const refused = before ? await command(before, place, { user, master, ears }) : [];
  for (const input of await inputsOf(handler, place)) {
    if ((await kindsOf(handler)).has('room')) await hearsOf(user, await place.id('room'));
    const { error } = await (handler.scopes.includes('master') ? master : user).command(handler.name, input);
    if (error) refused.push(`${handler.name}: ${error.code}`);
  }
  return refused;
}

const hearsOf = (socket: TestSocket, roomId: string) =>
  eventually(() => socket.of('room.created').some((push) => push.roomId === roomId));

const AT_ONCE = 8;

async function doEverything(): Promise<string[]> {
  const acts = [
    // What needs no key proves itself by what it is given; a client has no part in it.
    ...routeHandlers.flatMap((route) => (route.isPublic ? [] : () => call(route, aNewPlace()))),
    ...[...sides.values()].flatMap((side) => commandHandlers.map((one) => () => command(one, aNewPlace(), side))),
  ];
  const answers: string[] = [];
  const act = async () => {
    for (let next = acts.pop(); next; next = acts.pop()) answers.push(...(await next()));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, act));
  return answers;
}

/** What time, the sweep and a broken Redis do. */
async function causeTheRest(): Promise<void> {
  const roomId = await aNewPlace().id('room');
  await rows(app, `UPDATE rooms SET last_activity_at = now() - interval '29.5 days' WHERE id = $1`, [roomId]);
  for (const process of processes()) {
    await process.part(RoomHeads).repeat();
    await process.part(Recovery).recover(a.client.id);
  }
  const isWarned = () => everyEar().some(({ socket }) => socket.of('room.expiring').length > 0);
  await eventually(isWarned);
}

const everyEar = () => [...sides.values()].flatMap(({ ears }) => ears);

/** Resolves when every ear has heard all that was told before: the last of it is heard, and what each asks then is answered. */
async function everythingIsHeard(): Promise<void> {
  const roomId = await a.place.id('room');
  const { body } = await a.place.as('owner').post('/messages', { roomId, content: 'The last of it' });
  const whole = everyEar().filter(({ scopes }) => scopes === SCOPES);
  await Promise.all(whole.map(({ socket }) => socket.hearsMessage(String(body.id))));
  await Promise.all(everyEar().map(({ socket }) => socket.command('ping')));
}

it('nothing that a client does with its own is refused', () => {
  expect(refused).toEqual([]);
});

it('both transports have the same events', () => {
  expect(eventsOf(documented('socket.io'))).toEqual(eventsOf('raw'));
});

describe.each(TRANSPORTS)(
  'an event is heard by whose key may read what it carries, and by no other, over %s',
  (transport) => {
    it.each(events)('$name', async ({ name, scopes }) => {
      const side = sides.get(transport);
      const ears = SCOPE_SETS.map((held) => ({
        may: scopes.every((scope) => held.includes(scope)),
        held: held.length > 1 ? `all but ${SCOPES.filter((scope) => !held.includes(scope)).join()}` : held.join(),
        sockets: side?.ears.filter((ear) => ear.scopes === held) ?? [],
      }));
      const hears = ({ sockets }: (typeof ears)[number]) => sockets.some(({ socket }) => socket.of(name).length > 0);

      await eventually(
        () => expect(ears.filter((ear) => ear.may && !hears(ear)).map(({ held }) => held)).toEqual([]) ?? true,
      );
      expect(ears.filter((ear) => !ear.may && hears(ear)).map(({ held }) => held)).toEqual([]);
    });

    it('and the socket is told where its rooms stand only when it may hear of them', () => {
      const told = sides.get(transport)?.ears.map(({ scopes, socket }) => ({
        may: scopes.includes('rooms:read') || scopes.includes('messages:read'),
        knows: [...socket.of('ready'), ...socket.of('sync.required')].some(({ data }) => data.rooms.length > 0),
      }));

      expect(told?.filter(({ may, knows }) => may !== knows)).toEqual([]);
      expect(told?.some(({ may }) => !may)).toBe(true);
    });
  },
);

it('no event of one client reaches another', async () => {
  const roomId = await b.place.id('room');
  const { body: marker } = await b.place.as('owner').post('/messages', { roomId, content: 'The last of it' });

  await Promise.all(listeners.map((socket) => socket.hearsMessage(String(marker.id))));
  for (const socket of listeners)
    expect(socket.heard.filter((push) => !isOwn(push)).map(({ ev }) => ev)).toEqual(['ready', 'message.created']);
});

/** What B hears of its own meanwhile: its two users came, and its rooms are where they are. */
function isOwn({ ev, roomId, data }: Heard): boolean {
  if (ev === 'room.head') return roomId !== undefined && b.tracesIn(roomId).length > 0;
  const { userId, status } = data as { userId?: string; status?: string };
  return ev === 'presence.changed' && status === 'online' && HEARERS.some((one) => one === userId);
}

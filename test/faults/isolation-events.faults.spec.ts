import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Recovery } from '../../src/platform/realtime/recovery.js';
import { RoomHeads } from '../../src/platform/realtime/room-heads.js';
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
 * One client does everything that the documents know, and causes every event that they know, while sockets of the other's
 * users of the same names, in its rooms of the same names, listen on both processes.
 */

let app: TestApp;
/** Another process of the installation. */
let elsewhere: TestApp;
let a: Twin;
let b: Twin;
const sockets = new OpenSockets();

/** Of A: who acts, and who hears it, on both processes. */
interface Speakers {
  readonly user: TestSocket;
  readonly master: TestSocket;
  readonly ears: readonly TestSocket[];
}
const speakers = new Map<TransportName, Speakers>();
/** Of B. */
let listeners: TestSocket[];

const processes = () => [app, elsewhere];

/** A socket of a user on each transport and process. */
const earsOf = async ({ client }: Twin, userId: string, transports: readonly TransportName[] = TRANSPORTS) => {
  const key = await aScopedKey(client, { userId });
  const places = processes().flatMap(({ url }) => transports.map((transport) => ({ url, transport })));
  return Promise.all(places.map(({ transport, url }) => sockets.open(transport, url, key)));
};

beforeAll(async () => {
  app = await anApp({ ROOM_SWEEP_SECONDS: '1' });
  elsewhere = await app.another();
  ({ a, b } = await twins(app));
  const masters = await Promise.all(processes().map(({ url }) => sockets.open('raw', url, b.client.masterKey)));
  for (const socket of masters) await socket.command('room.subscribe', { roomId: await b.place.id('room') });
  listeners = [...masters, ...(await earsOf(b, USERS.owner)), ...(await earsOf(b, USERS.member))];
  for (const transport of TRANSPORTS) {
    const user = await sockets.open(transport, app.url, await aScopedKey(a.client, { userId: USERS.owner }));
    const master = await sockets.open(transport, app.url, a.client.masterKey);
    const ears = [...(await earsOf(a, USERS.owner, [transport])), ...(await earsOf(a, USERS.target, [transport]))];
    speakers.set(transport, { user, master, ears });
  }
}, 60_000);

afterAll(async () => {
  sockets.closeAll();
  await app.close();
});

/** What must have been done, to the same thing, for a handler to change anything. */
const BEFORE: Readonly<Record<string, string>> = {
  'DELETE /messages/{id}/reactions/{emoji}': 'PUT /messages/{id}/reactions/{emoji}',
  'DELETE /messages/{id}/pin': 'POST /messages/{id}/pin',
  'POST /rooms/{id}/activate': 'POST /rooms/{id}/deactivate',
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
async function command(handler: Handler, place: OwnPlace, { user, master }: Speakers): Promise<string[]> {
  const before = commandHandlers.find(({ name }) => name === BEFORE[handler.name]);
  const refused = before ? await command(before, place, { user, master, ears: [] }) : [];
  for (const input of await inputsOf(handler, place)) {
    if ((await kindsOf(handler)).has('room')) await hearsOf(user, await place.id('room'));
    const { error } = await (handler.scopes.includes('master') ? master : user).command(handler.name, input);
    if (error) refused.push(`${handler.name}: ${error.code}`);
  }
  return refused;
}

const hearsOf = (socket: TestSocket, roomId: string) =>
  eventually(() => socket.of('room.created').some((push) => push.roomId === roomId));

/** What time, the sweep and a broken Redis do. */
async function whatNobodyAsksFor(): Promise<void> {
  const roomId = await aNewPlace().id('room');
  await rows(app, `UPDATE rooms SET last_activity_at = now() - interval '29.5 days' WHERE id = $1`, [roomId]);
  for (const process of processes()) {
    await process.part(RoomHeads).repeat();
    await process.part(Recovery).recover(a.client.id);
  }
}

/** Told by a process that stops, to every socket of whatever client. */
const OF_NO_CLIENT = ['server.draining'];

it('no event of one client reaches another, whatever it does and whatever happens to it', async () => {
  const refused = await Promise.all([
    ...routeHandlers.map((route) => call(route, aNewPlace())),
    ...[...speakers.values()].flatMap((speaker) =>
      commandHandlers.map((handler) => command(handler, aNewPlace(), speaker)),
    ),
  ]);
  await whatNobodyAsksFor();

  expect(refused.flat()).toEqual([]);
  for (const [transport, { ears }] of speakers) {
    const caused = eventsOf(documented(transport)).filter((ev) => !OF_NO_CLIENT.includes(ev));
    await eventually(() => {
      const heard = new Set(ears.flatMap((ear) => ear.heard.map(({ ev }) => ev)));
      expect(caused.filter((ev) => !heard.has(ev))).toEqual([]);
      return true;
    });
  }
  const roomId = await b.place.id('room');
  const { body: marker } = await b.place.as('owner').post('/messages', { roomId, content: 'The last of it' });
  await Promise.all(listeners.map((socket) => socket.hearsMessage(String(marker.id))));
  for (const socket of listeners) {
    expect(socket.heard.filter((push) => !isOwn(push)).map(({ ev }) => ev)).toEqual(['ready', 'message.created']);
  }
}, 60_000);

/** What B hears of its own meanwhile: its two users came, and its rooms are where they are. */
function isOwn({ ev, roomId, data }: Heard): boolean {
  if (ev === 'room.head') return roomId !== undefined && b.tracesIn(roomId).length > 0;
  const { userId, status } = data as { userId?: string; status?: string };
  return ev === 'presence.changed' && status === 'online' && [USERS.owner, USERS.member].some((one) => one === userId);
}

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mayInRoom, type RoomAct } from '../../src/modules/rooms/rooms.rules.js';
import { gist } from '../builders/casts.js';
import { aClient, type TestClient } from '../builders/clients.js';
import { OwnPlace, USERS } from '../builders/places.js';
import { aScopedKey, NO_LIMITS } from '../builders/twins.js';
import { anApp, type TestApp } from '../support/app.js';
import { callsOf, inputsOf, kindsOf } from '../support/calls.js';
import { eventually } from '../support/eventually.js';
import { commandHandlers, type Handler, routeHandlers, type RouteHandler } from '../support/handlers.js';
import { OpenSockets } from '../support/open-sockets.js';
import { type TestSocket, TRANSPORTS } from '../support/sockets.js';

/*
 * Every route and command that takes a room, or a message of one × everybody a room knows, held to the table of who may do
 * what (src/modules/rooms/rooms.rules.ts).
 */

let app: TestApp;
let client: TestClient;
const sockets = new OpenSockets();

/** Each with a key of their own, with every scope. */
const WHO = ['owner', 'admin', 'member', 'sender', 'outsider', 'banned'] as const;
type Who = (typeof WHO)[number];
let keys: Record<Who, string>;

const ROLES = { owner: 'owner', admin: 'admin', member: 'member', sender: 'member' } as const;
const ROOM_TYPES = ['group', 'channel'] as const;
type RoomType = (typeof ROOM_TYPES)[number];

beforeAll(async () => {
  app = await anApp();
  client = await aClient(app, { settings: NO_LIMITS });
  const made = await Promise.all(
    WHO.map(async (who) => [who, await aScopedKey(client, { userId: USERS[who] })] as const),
  );
  keys = Object.fromEntries(made) as typeof keys;
}, 60_000);

afterAll(async () => {
  sockets.closeAll();
  await app.close();
});

/**
 * What a handler asks of a role: an act of the table; `being in`; `having said it`, beside an act or alone; or what is
 * special about it. A message here is the sender's, and members that are acted on are plain ones.
 */
type Rule = { readonly act?: RoomAct; readonly orSender?: true } | ((who: Who, type: RoomType) => string);

const BEING_IN: Rule = {};
const acting = (act: RoomAct): Rule => ({ act });

const RULES: Readonly<Record<string, Rule>> = {
  'GET /rooms/{id}': BEING_IN,
  'GET /rooms/{id}/members': BEING_IN,
  'GET /rooms/{id}/events': BEING_IN,
  'GET /rooms/{id}/pins': BEING_IN,
  'GET /messages': BEING_IN,
  'GET /messages/search': BEING_IN,
  'GET /messages/{id}': BEING_IN,
  'GET /messages/{id}/replies': BEING_IN,
  'GET /messages/{id}/receipts': BEING_IN,
  'POST /rooms/{id}/read': BEING_IN,
  'POST /rooms/{id}/mute': BEING_IN,
  'POST /rooms/{id}/unmute': BEING_IN,
  'POST /rooms/{id}/leave': BEING_IN,
  'PUT /messages/{id}/reactions/{emoji}': BEING_IN,
  'DELETE /messages/{id}/reactions/{emoji}': BEING_IN,
  'POST /messages': acting('post'),
  'PATCH /messages/{id}': (who) => (who === 'sender' ? 'may' : refusalOf(who)),
  'DELETE /messages/{id}': { act: 'delete_message', orSender: true },
  'POST /messages/{id}/pin': acting('pin'),
  'DELETE /messages/{id}/pin': acting('pin'),
  'PATCH /rooms/{id}': acting('change'),
  'DELETE /rooms/{id}': acting('delete'),
  'POST /rooms/{id}/deactivate': acting('close'),
  'POST /rooms/{id}/activate': acting('close'),
  'POST /rooms/{id}/members': acting('invite'),
  'PATCH /rooms/{id}/members/{userId}': acting('change_role'),
  'DELETE /rooms/{id}/members/{userId}': acting('remove_member'),
  'POST /rooms/{id}/bans': acting('ban'),
  'GET /rooms/{id}/bans': acting('ban'),
  'DELETE /rooms/{id}/bans/{userId}': acting('ban'),
  'message.send': acting('post'),
  'message.edit': (who) => (who === 'sender' ? 'may' : refusalOf(who)),
  'message.delete': { act: 'delete_message', orSender: true },
  'reaction.add': BEING_IN,
  'reaction.remove': BEING_IN,
  'receipt.delivered': BEING_IN,
  'receipt.read': BEING_IN,
  'typing.start': BEING_IN,
  'typing.stop': BEING_IN,
  sync: BEING_IN,
};

const refusalOf = (who: Who): string => (who in ROLES ? 'forbidden' : 'not_found');

function expected(rule: Rule, who: Who, type: RoomType): string {
  if (typeof rule === 'function') return rule(who, type);
  if (!(who in ROLES)) return 'not_found';
  if (!rule.act || (rule.orSender && who === 'sender')) return 'may';
  return mayInRoom(rule.act, ROLES[who as keyof typeof ROLES], { type, settings: {} }) ? 'may' : 'forbidden';
}

const ruleOf = ({ name }: Handler): Rule => {
  const rule = RULES[name];
  if (!rule) throw new Error(`${name} takes a room, but nobody has said who may: add it to RULES, by the contract`);
  return rule;
};

/** Those that users call about a room. Master keys may do everything; what is theirs alone, the matrix of keys checks. */
async function aboutRooms<H extends Handler>(handlers: readonly H[]): Promise<H[]> {
  const kinds = await Promise.all(handlers.map(kindsOf));
  return handlers.filter(({ scopes }, at) => {
    const isOfRooms = scopes.some((scope) => /^(rooms|messages):/.test(scope));
    return isOfRooms && (kinds[at]?.has('room') || kinds[at]?.has('message'));
  });
}

const aPlace = (type: RoomType) => new OwnPlace(app, client, { type, sender: USERS.sender });
const cells = WHO.flatMap((who) => ROOM_TYPES.map((type) => ({ who, type })));

/** Asks in every cell. Who may has a room of their own to do it to; the others share one, which must stay as it is. */
async function wrongCells(handler: Handler, ask: (who: Who, place: OwnPlace) => Promise<string>): Promise<string[]> {
  const rule = ruleOf(handler);
  const shared = { group: aPlace('group'), channel: aPlace('channel') };
  const heads = () => Promise.all([headOf(shared.group), headOf(shared.channel)]);
  const before = await heads();
  const answers = await Promise.all(
    cells.map(async ({ who, type }) => {
      const right = expected(rule, who, type);
      const changes = right === 'may' && !handler.name.startsWith('GET ');
      return { who, type, right, said: await ask(who, changes ? aPlace(type) : shared[type]) };
    }),
  );
  const wrong = answers
    .filter(({ said, right }) => said !== right)
    .map(({ who, type, said, right }) => `${who} in a ${type}: ${said}, expected ${right}`);
  const isAsItWas = JSON.stringify(await heads()) === JSON.stringify(before);
  return isAsItWas ? wrong : [...wrong, 'somebody changed the room without leave'];
}

/** Where a room stands, once its message is there. */
async function headOf(place: OwnPlace): Promise<number> {
  await place.id('message');
  return Number((await client.master.get(`/rooms/${await place.id('room')}`)).body.head);
}

const routes = await aboutRooms(routeHandlers);
const commands = await aboutRooms(commandHandlers);

describe('who may call a route about a room', () => {
  it.each(routes)('$name', async (route) => {
    expect(await wrongCells(route, (who, place) => askRoute(route, who, place))).toEqual([]);
  });

  async function askRoute(route: RouteHandler, who: Who, place: OwnPlace): Promise<string> {
    const [{ method, path, body }] = await callsOf(route, place);
    const reply = await app.api(keys[who]).call(method, path, body);
    return reply.status < 300 ? 'may' : gist(reply).slice('403 '.length);
  }
});

it('lets whoever knows a channel join it, but those it has banned; any other room is unknown to those outside', async () => {
  const join = async (who: Who, type: RoomType) =>
    gist(await app.api(keys[who]).post(`/rooms/${await aPlace(type).id('room')}/join`));

  expect([await join('outsider', 'channel'), await join('outsider', 'group')]).toEqual(['201', '404 not_found']);
  expect([await join('banned', 'channel'), await join('banned', 'group')]).toEqual(['403 banned', '404 not_found']);
  expect([await join('member', 'channel'), await join('member', 'group')]).toEqual(['200', '200']);
});

describe.each(TRANSPORTS)('who may give a command about a room, over %s', (transport) => {
  let mouths: Record<Who, TestSocket>;

  beforeAll(async () => {
    const opened = await Promise.all(
      WHO.map(async (who) => [who, await sockets.open(transport, app.url, keys[who])] as const),
    );
    mouths = Object.fromEntries(opened) as typeof mouths;
  });

  it.each(commands)('$name', async (command) => {
    expect(await wrongCells(command, (who, place) => give(command, mouths[who], who, place))).toEqual([]);
  });

  async function give(command: Handler, mouth: TestSocket, who: Who, place: OwnPlace): Promise<string> {
    const [input] = await inputsOf(command, place);
    const roomId = await place.id('room');
    // A socket hears of its user's new room a moment after the room is there.
    if (who in ROLES) await eventually(() => mouth.of('room.created').some((push) => push.roomId === roomId));
    const { ok, error } = await mouth.command(command.name, input);
    if (command.name === 'sync') return ok.rooms[0].recovered === true ? 'may' : String(ok.rooms[0].reason);
    return error ? String(error.code) : 'may';
  }
});

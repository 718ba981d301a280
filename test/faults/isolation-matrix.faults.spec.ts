import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { gist } from '../builders/casts.js';
import { type Kind, Nowhere, OwnPlace, type Place, USERS } from '../builders/places.js';
import { aScopedKey, type Twin, twins } from '../builders/twins.js';
import type { Api, Reply } from '../support/api.js';
import { anApp, type TestApp } from '../support/app.js';
import { type Call, callsOf, inputsOf, kindsOf } from '../support/calls.js';
import { commandHandlers, routeHandlers, type RouteHandler } from '../support/handlers.js';
import { OpenSockets } from '../support/open-sockets.js';
import { type TestSocket, TRANSPORTS } from '../support/sockets.js';

/*
 * Two clients with users, rooms and texts of the same names. Over every route and command of the documents: another
 * client's thing and a random id are answered with the same bytes, nothing of the other client shows, nothing changes.
 */

let app: TestApp;
/** What it has is asked for. */
let a: Twin;
/** Who asks. */
let b: Twin;
let callers: Record<string, Api>;
let keyOfB: string;
let strangersKey: string;
const sockets = new OpenSockets();

/** Nothing is refused to it in its own client. */
const THE_MASTER = 'the master key as a user of the same name';
/** In the same client as the things, but in none of its rooms. */
const STRANGER = 'a stranger in the client';

beforeAll(async () => {
  app = await anApp();
  ({ a, b } = await twins(app));
  strangersKey = await aScopedKey(a.client, { userId: USERS.outsider });
  keyOfB = await aScopedKey(b.client, { userId: USERS.owner });
  callers = {
    'the master key': b.client.master,
    [THE_MASTER]: b.place.as('owner'),
    'the user of the same name': app.api(keyOfB),
    'a service': app.api(await aScopedKey(b.client)),
  };
}, 60_000);

afterAll(async () => {
  sockets.closeAll();
  await app.close();
});

/** Remembers what a call names, to take it out of the answer again. */
class Noted implements Place {
  private readonly named = new Map<string, Kind>();

  constructor(private readonly place: Place) {}

  async id(kind: Kind): Promise<string> {
    const id = await this.place.id(kind);
    this.named.set(id, kind);
    return id;
  }

  /** A text in which what was named and what is new each time have names in place of values. */
  without(text: string): string {
    const unnamed = [...this.named].reduce((left, [id, kind]) => left.replaceAll(id, `<${kind}>`), text);
    return unnamed
      .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>')
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>');
  }

  /** A text in which only what was named has gone. */
  unnamed(text: string): string {
    return [...this.named.keys()].reduce((left, id) => left.replaceAll(id, ''), text);
  }
}

const CHANGING_HEADERS = new Set(['date', 'x-request-id', 'ratelimit-remaining', 'ratelimit-reset', 'etag']);
const textOf = ({ status, headers, body }: Reply): string => {
  // A refusal is as long for one as for the other; what is made may have longer numbers.
  const told = [...headers].filter(
    ([name]) => !CHANGING_HEADERS.has(name) && (status >= 400 || name !== 'content-length'),
  );
  return `${status} ${JSON.stringify(told)} ${JSON.stringify(body)}`;
};

const ask = (api: Api, { method, path, body }: Call, headers = {}): Promise<Reply> =>
  api.call(method, path, body, headers);

/** A new user of A for this question, whose id alone is A's: a user may be made in B by its mention. */
const withNewUser = (): Place => {
  const fresh = new OwnPlace(app, a.client, a.place.wish);
  return { id: (kind) => (kind === 'user' || kind === 'device' ? fresh.id(kind) : a.place.id(kind)) };
};

/** The same twice: for what is A's, and for what is nobody's. */
interface Pair<T> {
  readonly foreign: T;
  readonly random: T;
}

/** What differs from call to call, as if both had named the same. */
interface Question<T> {
  readonly who: string;
  readonly pairs: readonly Pair<T>[];
  readonly noted: Pair<Noted>;
}

async function aQuestion<T>(who: string, inputs: (it: Place) => Promise<T[]>): Promise<Question<T>> {
  const noted = { foreign: new Noted(withNewUser()), random: new Noted(new Nowhere()) };
  const [foreign, random] = [await inputs(noted.foreign), await inputs(noted.random)];
  return { who, noted, pairs: foreign.map((one, at) => ({ foreign: one, random: random[at] ?? one })) };
}

interface Verdict {
  /** What the answer comes to. */
  readonly gist: string;
  readonly text: string;
}

/** Asks, and says in words what is wrong with the answers. */
async function faultsOf<T>(
  { who, pairs, noted }: Question<T>,
  asking: (input: T) => Promise<Verdict>,
  right: readonly string[],
): Promise<string[]> {
  const faults: string[] = [];
  for (const { foreign, random } of pairs) {
    const say = (fault: string) => faults.push(`${who}, ${JSON.stringify(foreign)}: ${fault}`);
    const isNaming = JSON.stringify(foreign) !== JSON.stringify(random);
    const [known, unknown] = await Promise.all([asking(foreign), isNaming ? asking(random) : null]);
    const traces = who === STRANGER ? [] : a.tracesIn(noted.foreign.unnamed(known.text));
    if (traces.length > 0) say(`shows ${traces.join()} of the other client`);
    if (/^5|internal/.test(known.gist)) say(known.gist);
    if (!unknown) continue;
    const [theirs, nobodys] = [noted.foreign.without(known.text), noted.random.without(unknown.text)];
    if (theirs !== nobodys) say(`${theirs}, but for a random id ${nobodys}`);
    if (right.length > 0 && !right.includes(known.gist)) say(`${known.gist}, expected ${right.join(' or ')}`);
  }
  return faults;
}

/** What is right where it is not 404: users are made by their mention, filters find nothing, a delivery says why it is not sent. */
const NOT_404: Readonly<Record<string, readonly string[]>> = {
  'PUT /users/{userId}': ['200'],
  'POST /users/{userId}/devices': ['200', '404 not_found'],
  'PUT /users/{userId}/preferences': ['200', '404 not_found'],
  'GET /rooms/all': ['200'],
  'POST /notifications/send': ['202'],
  'POST /notifications/batch': ['202'],
  'POST /notifications/preview': ['200'],
  'GET /notifications': ['200'],
  'GET /deliveries': ['200'],
  'GET /webhooks/events': ['200'],
  'POST /deliveries/replay': ['202'],
};
/** The same of commands. */
const NOT_UNKNOWN: Readonly<Record<string, readonly string[]>> = {
  sync: ['ok'],
  'presence.get': ['ok'],
  'room.unsubscribe': ['ok'],
};

/** What a caller must be told; nothing when something else refuses it first, alike for both. */
function rightFor({ scopes, name }: RouteHandler, who: string): readonly string[] {
  if (scopes.includes('operator')) return ['403 forbidden'];
  if (scopes.includes('master') && who !== THE_MASTER) return [];
  return who === 'the master key' || who === 'a service' ? [] : (NOT_404[name] ?? ['404 not_found']);
}

const routes = routeHandlers.filter(({ isPublic, name }) => !isPublic && name !== 'POST /auth/logout');

describe('a route answers for another client’s thing as for a random id, and shows and changes nothing of it', () => {
  it.each(routes)('$name', async (route) => {
    const kinds = await kindsOf(route);
    const isOfARoom = (kinds.has('room') || kinds.has('message')) && !kinds.has('provider');
    const whoAsk = Object.entries({ ...callers, ...(isOfARoom && { [STRANGER]: app.api(strangersKey) }) });
    const questions = await Promise.all(
      whoAsk.map(async ([who, api]) => {
        const mine = who === STRANGER ? a.place : b.place;
        return { api, question: await aQuestion(who, (it) => callsOf(route, it, mine)) };
      }),
    );
    const before = await a.rows.read();

    const asking = (api: Api) => async (call: Call) => {
      const reply = await ask(api, call);
      return { gist: gist(reply), text: textOf(reply) };
    };
    const faults = await Promise.all(
      questions.map(({ api, question }) => faultsOf(question, asking(api), rightFor(route, question.who))),
    );

    expect(faults.flat()).toEqual([]);
    expect(await a.rows.read()).toEqual(before);
  });
});

describe.each(TRANSPORTS)('so does a command, over %s', (transport) => {
  let mouths: Record<string, TestSocket>;

  beforeAll(async () => {
    mouths = {
      'the user of the same name': await sockets.open(transport, app.url, keyOfB),
      'the master key': await sockets.open(transport, app.url, b.client.masterKey),
      [STRANGER]: await sockets.open(transport, app.url, strangersKey),
    };
  });

  it.each(commandHandlers)('$name', async (command) => {
    const questions = await Promise.all(
      Object.entries(mouths).map(([who]) =>
        aQuestion(who, (it) => inputsOf(command, it, who === STRANGER ? a.place : b.place)),
      ),
    );
    const before = await a.rows.read();

    const faults: string[] = [];
    const mayAsk = command.scopes.includes('master') ? 'the master key' : 'the user of the same name';
    for (const question of questions) {
      const asking = async (input: object) => {
        const { ok, error } = await mouths[question.who]!.command(command.name, input);
        return { gist: error ? String(error.code) : 'ok', text: JSON.stringify({ ok, error }) };
      };
      const right = question.who === mayAsk ? (NOT_UNKNOWN[command.name] ?? ['not_found']) : [];
      faults.push(...(await faultsOf(question, asking, right)));
    }

    expect(faults).toEqual([]);
    expect(await a.rows.read()).toEqual(before);
  });
});

import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import type { Api } from '../support/api.js';
import type { TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { aClient, aRoom, type TestClient } from './clients.js';

/** Who is in the rooms of a place, and who is kept out: in every client the same names. */
export const USERS = {
  owner: 'alice',
  admin: 'adam',
  member: 'bob',
  sender: 'sue',
  target: 'tom',
  banned: 'carl',
  outsider: 'otto',
} as const;
export const ROOM_NAME = 'Lobby';
export const EMOJI = '👍';
export const TOKEN = 'the-same-in-every-client';

/** What handlers name: each has an id that its client alone may use. */
export const KINDS = [
  ...['client', 'ownClient', 'key', 'provider', 'notification', 'inboxItem', 'suppression', 'endpoint', 'replay'],
  ...['user', 'device', 'room', 'otherRoom', 'message', 'source', 'event'],
] as const;
export type Kind = (typeof KINDS)[number];

/** Where calls take their ids from. */
export interface Place {
  id(kind: Kind): Promise<string>;
}

interface PlaceWish {
  /** Of its rooms. */
  readonly type?: 'group' | 'channel';
  /** Who says its message. */
  readonly sender?: string;
  /** Stands in everything said here, so that it is known again elsewhere. */
  readonly word?: string;
}

/** Things of one client, each made when a call first names it. */
export class OwnPlace implements Place {
  private readonly made = new Map<Kind, Promise<string>>();

  constructor(
    private readonly app: Pick<TestApp, 'operator' | 'api'>,
    readonly client: TestClient,
    readonly wish: PlaceWish = {},
  ) {}

  id(kind: Kind): Promise<string> {
    const making = this.made.get(kind) ?? MAKERS[kind](this);
    this.made.set(kind, making);
    return making;
  }

  get word(): string {
    return this.wish.word ?? 'plain';
  }

  /** As one of its users, with the master key. */
  as(user: keyof typeof USERS): Api {
    return this.client.master.as(USERS[user]);
  }

  anotherClient(): Promise<TestClient> {
    return aClient(this.app, { name: this.word });
  }
}

/** Ids of the right form that nobody has. Remembers which kinds were asked for: what a call names. */
export class Nowhere implements Place {
  readonly asked = new Set<Kind>();
  private readonly ids = new Map<Kind, string>();

  id(kind: Kind): Promise<string> {
    this.asked.add(kind);
    const id = this.ids.get(kind) ?? randomIdOf(kind);
    this.ids.set(kind, id);
    return Promise.resolve(id);
  }
}

const randomIdOf = (kind: Kind): string => (kind === 'key' ? aKeyId() : kind === 'user' ? aUserId() : randomUUID());
const aKeyId = (): string => randomBytes(6).toString('hex');
/** No UUID: what looks like one is an id that one client alone can have. */
const aUserId = (): string => `user-${randomBytes(8).toString('hex')}`;

const MAKERS: Readonly<Record<Kind, (place: OwnPlace) => Promise<string>>> = {
  client: async (place) => (await place.anotherClient()).id,
  ownClient: ({ client }) => Promise.resolve(client.id),
  key: async ({ client, word }) => {
    const wish = { name: word, type: 'scoped', userId: USERS.owner, scopes: ['rooms:read'] };
    return String(made(await client.master.post('/clients/me/keys', wish)).keyId);
  },
  provider: async ({ client, word }) => {
    const wish = { kind: 'simulator', name: word, settings: { channel: 'email' } };
    return String(made(await client.master.post('/providers', wish)).id);
  },
  notification: ({ client, word }) => aNotification(client, { body: word }),
  inboxItem: async (place) => {
    const { deliveries } = (await place.client.master.get(`/notifications/${await place.id('notification')}`)).body;
    return String(deliveries.find(({ recipient }: { recipient: string }) => recipient === USERS.owner).id);
  },
  suppression: async ({ client, word }) => {
    const wish = { channel: 'email', address: `${word}@example.com`, reason: 'manual' };
    return String(made(await client.master.post('/suppressions', wish)).id);
  },
  source: async ({ client, word }) => {
    const wish = { event: `of-${word}-${randomUUID()}`, verification: SIGNED, description: word };
    return String(made(await client.master.post('/webhooks/sources', wish)).id);
  },
  event: async (place) => {
    const sourceId = await place.id('source');
    const { url } = made(await place.client.master.get(`/webhooks/sources/${sourceId}`)) as { url: string };
    return anInboundEvent(place, url, 'evt_1');
  },
  endpoint: async ({ client, word }) => {
    const wish = { url: 'http://127.0.0.1:9/nobody', eventTypes: ['endpoint.*'], description: word };
    return String(made(await client.master.post('/webhooks/endpoints', wish)).id);
  },
  replay: async (place) => {
    const path = `/webhooks/endpoints/${await place.id('endpoint')}/replay`;
    return String(made(await place.client.master.post(path, { from: '2026-01-01T00:00:00.000Z' })).id);
  },
  user: async ({ client, word }) => {
    const userId = aUserId();
    made(await client.master.put(`/users/${userId}`, { displayName: word }));
    return userId;
  },
  device: async (place) => {
    const wish = { kind: 'fcm', token: `token-${randomUUID()}` };
    return String(made(await place.client.master.post(`/users/${await place.id('user')}/devices`, wish)).id);
  },
  room: async (place) => {
    const roomId = await aRoomOf(place, USERS.owner);
    made(await place.client.master.post(`/rooms/${roomId}/bans`, { userId: USERS.banned }));
    made(await place.as('admin').post('/messages', { roomId, content: `Welcome to ${place.word}` }));
    return roomId;
  },
  otherRoom: (place) => aRoomOf(place, USERS.admin),
  message: async (place) => {
    const roomId = await place.id('room');
    const { word, wish, client } = place;
    const sender = client.master.as(wish.sender ?? USERS.owner);
    return String(made(await sender.post('/messages', { roomId, content: `A secret of ${word}` })).id);
  },
};

/** A room: in the first the owner is `alice`; the other is a channel without her. */
async function aRoomOf({ client, word, wish }: OwnPlace, owner: string): Promise<string> {
  const isFirst = owner === USERS.owner;
  const others = isFirst ? [{ userId: USERS.admin, role: 'admin' }] : [];
  return aRoom(client, {
    type: isFirst ? (wish.type ?? 'group') : 'channel',
    name: ROOM_NAME,
    description: word,
    members: [
      { userId: owner, role: 'owner' },
      ...others,
      ...[USERS.member, USERS.sender, USERS.target].map((userId) => ({ userId })),
    ],
  });
}

/** Every thing of a place, and at least two of each kind that is listed. */
export async function aFullPlace(app: Pick<TestApp, 'operator' | 'api'>, client: TestClient, word: string) {
  const place = new OwnPlace(app, client, { word });
  for (const kind of KINDS) await place.id(kind);
  const [roomId, messageId, userId] = await Promise.all([place.id('room'), place.id('message'), place.id('user')]);
  const { master } = client;
  for (const n of [1, 2]) {
    const reply = { roomId, content: `A secret of ${word}, reply ${n}`, replyTo: messageId };
    const { id } = made(await place.as('owner').post('/messages', reply)) as { id: string };
    made(await master.post(`/messages/${id}/pin`));
    made(await master.post(`/users/${userId}/devices`, { kind: 'fcm', token: n === 1 ? TOKEN : `${TOKEN}-${n}` }));
    made(await master.post(`/rooms/${roomId}/bans`, { userId: `banned-${n}` }));
    made(await master.post('/rooms', { type: 'group', name: ROOM_NAME, description: word, members: [USERS.owner] }));
    made(await master.post('/providers', { kind: 'simulator', name: word, settings: { channel: 'email' } }));
    const address = `${word}-${n}@example.com`;
    made(await master.post('/suppressions', { channel: 'email', address, reason: 'manual' }));
    made(
      await master.post('/webhooks/sources', {
        event: `order-${n}`,
        verification: { scheme: 'github' },
        description: word,
      }),
    );
    const { url } = made(await master.get(`/webhooks/sources/${await place.id('source')}`)) as { url: string };
    await anInboundEvent(place, url, `evt_more_${n}`);
    made(
      await master.post('/webhooks/endpoints', {
        url: 'http://127.0.0.1:9/',
        eventTypes: ['endpoint.*'],
        description: word,
      }),
    );
    await aNotification(client, { body: word });
  }
  await twoCallsOf(place);
  return place;
}

/** A notification to two inboxes, once it has ended: nothing of it changes by itself any more. */
async function aNotification({ master }: TestClient, content: object): Promise<string> {
  const wish = { to: [{ userId: USERS.owner }, { userId: USERS.member }], channels: { websocket: content } };
  const { id } = made(await master.post('/notifications/send', wish)) as { id: string };
  await eventually(async () => (await master.get(`/notifications/${id}`)).body.status === 'completed');
  return id;
}

/** Calls of an endpoint that came to nothing, once they have ended: a test is tried once. */
async function twoCallsOf(place: OwnPlace): Promise<void> {
  const { master } = place.client;
  const path = `/webhooks/endpoints/${await place.id('endpoint')}`;
  await Promise.all([1, 2].map(async () => made(await master.post(`${path}/test`, {}))));
  await eventually(async () => (await master.get(`${path}/deliveries?status=failed`)).body.data.length >= 2);
}

/** What sources of places are called with. */
const SIGNED = { scheme: 'github', secret: 'a-secret-of-the-places' };

/** An event that has come, with nothing to be done about it. */
async function anInboundEvent({ word }: OwnPlace, url: string, id: string): Promise<string> {
  const body = JSON.stringify({ id, secret: word });
  const signature = createHmac('sha256', SIGNED.secret).update(body).digest('hex');
  const answer = await fetch(url, { method: 'POST', headers: { 'X-Hub-Signature-256': `sha256=${signature}` }, body });
  return String(made({ status: answer.status, body: await answer.json() }).id);
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the shape is what the maker knows
function made({ status, body }: { status: number; body: any }): any {
  if (status >= 300) throw new Error(`Not made: ${status} ${JSON.stringify(body)}`);
  return body;
}

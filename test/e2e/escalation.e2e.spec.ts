import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Redis } from 'ioredis';
import { EscalationService } from '../../src/modules/escalation/index.js';
import { NotificationsService } from '../../src/modules/notifications/index.js';
import { Clock } from '../../src/platform/database/index.js';
import { aClient, aRoom, type TestClient } from '../builders/clients.js';
import { deliveryReached, reached } from '../builders/notifications.js';
import { anSmtpProvider } from '../builders/providers.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { aMailbox, type Mailbox } from '../support/mailbox.js';
import { OpenSockets } from '../support/open-sockets.js';
import { rows } from '../support/rows.js';
import { TRANSPORTS } from '../support/sockets.js';

const AFTER_SECONDS = 300;
const BY_MAIL = { escalation: { afterSeconds: AFTER_SECONDS, channels: ['email'] } };
const LIMITS = { requestsPerSecond: 100_000, requestsPerMinute: 1_000_000 };

let app: TestApp;
let mailbox: Mailbox;
const sockets = new OpenSockets();

beforeAll(async () => {
  mailbox = await aMailbox();
  app = await anApp({ ESCALATION_SWEEP_SECONDS: '86400' });
}, 60_000);

beforeEach(() => mailbox.behave(() => undefined));
afterEach(() => sockets.closeAll());
afterAll(async () => {
  await app.close();
  await mailbox.close();
});

/** A room of ann and bob, who has an address of his own. */
class Room {
  constructor(
    readonly client: TestClient,
    readonly id: string,
    readonly address: string,
  ) {}

  async say(content: string, more: object = {}, as = 'ann'): Promise<{ id: string; seq: number }> {
    const { status, body } = await this.client.master.as(as).post('/messages', { roomId: this.id, content, ...more });
    if (status !== 201) throw new Error(`Not sent: ${JSON.stringify(body)}`);
    return body as { id: string; seq: number };
  }

  read(seq: number) {
    return this.client.master.as('bob').post(`/rooms/${this.id}/read`, { seq });
  }

  /** What was escalated of the room, the first first. */
  told(): Promise<{ user: string; from: number; to: number; channel: string; id: string | null }[]> {
    return rows(
      app,
      `SELECT user_id AS user, from_seq::integer AS from, to_seq::integer AS to, channel, notification_id AS id FROM escalations WHERE room_id = $1 ORDER BY at, user_id`,
      [this.id],
    );
  }

  /** The mail that came, when there are as many. */
  mails(count: number) {
    return eventually(() => {
      const mails = mailbox.received.filter(({ recipients }) => recipients.includes(this.address));
      return mails.length >= count && mails.map(({ mail }) => mail);
    });
  }

  async trace(messageId: string): Promise<{ step: string; at: string; userId?: string; notificationId?: string }[]> {
    const { body } = await this.client.master.get(`/messages/${messageId}/trace`);
    return body.steps;
  }
}

async function aSendingClient(settings: object = {}): Promise<TestClient> {
  const client = await aClient(app, { settings: { limits: LIMITS, ...settings } });
  await anSmtpProvider(client, mailbox);
  await client.master.put('/users/ann', { displayName: 'Ann Lee' });
  return client;
}

async function aRoomOfTwo(wish: object = {}, of?: TestClient): Promise<Room> {
  const client = of ?? (await aSendingClient());
  const address = `bob-${randomUUID()}@example.com`;
  await client.master.put('/users/bob', { displayName: 'Bob', email: address });
  const id = await aRoom(client, {
    type: 'group',
    name: 'Order 4711',
    members: ['ann', 'bob'],
    settings: BY_MAIL,
    ...wish,
  });
  return new Room(client, id, address);
}

/** Sweeps as if so many seconds had gone by since now. */
async function sweepAfter(seconds: number, of = app): Promise<void> {
  const clock = of.part(Clock);
  clock.advance(seconds - clock.aheadSeconds);
  await of.part(EscalationService).sweep();
  clock.advance(-clock.aheadSeconds);
}
const sweep = () => sweepAfter(AFTER_SECONDS + 1);

/** The grace after a last socket is over. */
async function withoutGrace(client: TestClient): Promise<void> {
  const redis = new Redis(app.environment.REDIS_URL ?? '');
  const keys = await redis.keys(`*${app.environment.REDIS_PREFIX}*{${client.id}}*away`);
  await redis.del(...keys);
  redis.disconnect();
}

describe('a message that a member who is away leaves unread', () => {
  it('goes to them although another client’s, which is due with it, cannot', async () => {
    const [broken, room] = [await aRoomOfTwo(), await aRoomOfTwo()];
    const [lost, said] = [await broken.say('Lost'), await room.say('Said')];
    const notifications = app.part(NotificationsService);
    const expectsFirst = notifications.expect.bind(notifications);
    const expecting = jest.spyOn(notifications, 'expect').mockImplementation(async (clientId) => {
      if (clientId === broken.client.id) throw new Error('a fault of one client');
      return expectsFirst(clientId);
    });

    await expect(sweep()).rejects.toThrow('1 of 2 failed');
    expecting.mockRestore();

    expect(await broken.told()).toEqual([]);
    expect(await room.told()).toMatchObject([{ user: 'bob', from: said.seq }]);
    await sweepAfter(AFTER_SECONDS + 60); // the lease of what failed is over
    expect(await broken.told()).toMatchObject([{ user: 'bob', from: lost.seq }]);
    expect(await room.told()).toHaveLength(1);
  });

  it('goes to them by mail after the time, once, and its trace says so', async () => {
    const room = await aRoomOfTwo();
    const { id: messageId, seq } = await room.say('Where is my parcel?');

    await sweepAfter(AFTER_SECONDS - 30);
    expect(await room.told()).toEqual([]);
    await sweep();
    await sweepAfter(10 * AFTER_SECONDS);

    const id = (await room.told())[0]?.id ?? '';
    expect(await room.told()).toEqual([{ user: 'bob', from: seq, to: seq, channel: 'email', id }]);
    const notification = await reached(room.client, id, 'completed');
    expect(notification.deliveries).toMatchObject([{ channel: 'email', recipient: room.address, status: 'sent' }]);
    const mails = await room.mails(1);
    expect(mails.map(({ subject, text }) => [subject, text?.trim()])).toEqual([
      ['An unread message in Order 4711', 'Ann Lee: Where is my parcel?\n\nAn unread message in Order 4711'],
    ]);
    expect(mails[0]?.to).toMatchObject({ value: [{ name: 'Bob', address: room.address }] });
    expect((await room.trace(messageId)).map(({ at: _at, ...step }) => step)).toEqual([
      { step: 'stored' },
      { step: 'escalated', userId: 'bob', channel: 'email', notificationId: id },
    ]);
    const listed = await room.client.master.get('/notifications?tag=escalation');
    expect(listed.body.data).toMatchObject([{ id, metadata: { roomId: room.id, fromSeq: seq, toSeq: seq } }]);
  });

  it('comes with the others of a burst, and once more only after they read and missed something again', async () => {
    const room = await aRoomOfTwo();
    await room.say('One');
    await room.say('Two\r\nBcc: everybody@example.com');
    const { seq } = await room.say('Three');
    await sweep();
    expect((await room.mails(1)).map(({ subject }) => subject)).toEqual(['3 unread messages in Order 4711']);
    await room.say('Four');
    await sweep();

    await room.read(seq + 1);
    await room.say('Five');
    await sweep();

    const subjects = (await room.mails(2)).map(({ subject }) => subject);
    expect(subjects).toEqual(['3 unread messages in Order 4711', 'An unread message in Order 4711']);
    expect((await room.told()).map(({ from, to }) => [from, to])).toEqual([
      [seq - 2, seq],
      [seq + 2, seq + 2],
    ]);
  });

  it('is counted anew with what came after, when they read a part of it only', async () => {
    const room = await aRoomOfTwo();
    const { seq } = await room.say('One');
    await room.say('Two');
    await sweep();
    await room.mails(1);

    await room.read(seq);
    await sweep();
    expect(await room.told()).toHaveLength(1);
    await room.say('Three');
    await sweep();

    expect((await room.mails(2)).map(({ subject }) => subject)[1]).toBe('2 unread messages in Order 4711');
  });

  it('waits while they are here, and goes out when they leave without having read it', async () => {
    const room = await aRoomOfTwo();
    const socket = await sockets.open('raw', app.url, (await room.client.login('bob')).apiKey);
    await room.say('Are you there?');
    await socket.hears('message.created');
    await sweep();
    await sweepAfter(2 * AFTER_SECONDS);
    expect(await room.told()).toEqual([]);

    socket.close();
    await eventually(async () => {
      await withoutGrace(room.client).catch(() => undefined);
      await sweepAfter(20 * AFTER_SECONDS);
      return (await room.told()).length > 0;
    });
    expect(await room.mails(1)).toHaveLength(1);
  });

  it('goes past channels that reach nobody, and says when none is left', async () => {
    const channels = ['push', 'sms', 'email'];
    const settings = { escalation: { afterSeconds: AFTER_SECONDS, channels } };
    const room = await aRoomOfTwo({ settings, members: ['ann', 'bob', 'carl'] });
    const { id } = await room.say('Hello');
    await sweep();
    await sweepAfter(10 * AFTER_SECONDS);

    const steps = (await room.trace(id)).filter(({ userId }) => userId);
    expect(steps).toMatchObject([
      { step: 'escalated', userId: 'bob', channel: 'email' },
      { step: 'unreachable', userId: 'carl' },
    ]);
    expect((await room.told()).map(({ user, channel }) => [user, channel])).toEqual([
      ['bob', 'email'],
      ['carl', 'none'],
    ]);
  });

  it('reaches nobody by mail when the client has no provider', async () => {
    const client = await aClient(app, { settings: { limits: LIMITS } });
    const room = await aRoomOfTwo({}, client);
    const { id } = await room.say('Hello');
    await sweep();

    expect((await room.trace(id)).map(({ step }) => step)).toEqual(['stored', 'unreachable']);
  });

  it('finds every member of a room that is read in pages', async () => {
    const room = await aRoomOfTwo();
    await rows(
      app,
      `INSERT INTO room_members (client_id, room_id, user_id, role) SELECT $1, $2, 'user-' || n, 'member' FROM generate_series(1, 1100) n`,
      [room.client.id, room.id],
    );
    await room.say('Hello, all');
    await sweep();

    const told = await room.told();
    expect(told).toHaveLength(1_101);
    expect(told.filter(({ channel }) => channel === 'email').map(({ user }) => user)).toEqual(['bob']);
  });
});

describe('nothing goes out', () => {
  it.each<[string, (room: Room) => Promise<unknown>]>([
    ['of what was read', async (room) => room.read((await room.say('Hello')).seq)],
    ['of one’s own messages', (room) => room.say('Hello', {}, 'bob')],
    [
      'of a message that was deleted',
      async (room) => room.client.master.delete(`/messages/${(await room.say('Oh')).id}`),
    ],
    [
      'of a room that was deleted',
      async (room) => (await room.say('Hello'), room.client.master.delete(`/rooms/${room.id}`)),
    ],
    [
      'to a member who left',
      async (room) => (await room.say('Hello'), room.client.master.as('bob').post(`/rooms/${room.id}/leave`)),
    ],
    [
      'to a member who was banned',
      async (room) => (await room.say('Hello'), room.client.master.post(`/rooms/${room.id}/bans`, { userId: 'bob' })),
    ],
    [
      'to a member who muted the room',
      async (room) => (await room.say('Hello'), room.client.master.as('bob').post(`/rooms/${room.id}/mute`)),
    ],
    [
      'when it was turned off meanwhile',
      async (room) => (
        await room.say('Hello'),
        room.client.master.patch(`/rooms/${room.id}`, { settings: { escalation: null } })
      ),
    ],
    [
      'to a member who came later',
      async (room) => (
        await room.client.master.delete(`/rooms/${room.id}/members/bob`),
        await room.say('Hello'),
        room.client.master.post(`/rooms/${room.id}/members`, { userId: 'bob' })
      ),
    ],
  ])('%s', async (_what, happen) => {
    const room = await aRoomOfTwo();
    await happen(room);
    await sweep();

    expect((await room.told()).filter(({ user }) => user === 'bob')).toEqual([]);
  });

  it.each(TRANSPORTS)('of what was read on a device, over %s', async (transport) => {
    const room = await aRoomOfTwo();
    const { seq } = await room.say('Hello');
    const socket = await sockets.open(transport, app.url, (await room.client.login('bob')).apiKey);
    expect(await socket.command('receipt.read', { roomId: room.id, seq })).toMatchObject({ ok: {} });
    socket.close();
    await withoutGrace(room.client).catch(() => undefined);
    await sweep();

    expect(await room.told()).toEqual([]);
  });

  it('of system messages, nor are they counted', async () => {
    const room = await aRoomOfTwo();
    const system = async (content: string) =>
      (await room.client.master.post('/messages', { roomId: room.id, content, type: 'system' })).body as { id: string };
    await system('Ann joined');
    await sweep();
    expect(await room.told()).toEqual([]);

    await room.say('Hello');
    const { id } = await system('Ann left');
    await sweep();
    expect((await room.mails(1))[0]).toMatchObject({ subject: 'An unread message in Order 4711' });
    expect((await room.trace(id)).map(({ step }) => step)).toEqual(['stored']);
  });

  it('where nobody asked for it: the room is not even looked at', async () => {
    const room = await aRoomOfTwo({ settings: {} });
    await room.say('Hello');

    expect(await rows(app, `SELECT escalate_at FROM rooms WHERE id = $1`, [room.id])).toEqual([{ escalate_at: null }]);
  });
});

describe('a mail that waits for its server', () => {
  /** Accepted, and refused for now. */
  async function aWaitingMail(room: Room): Promise<string> {
    mailbox.behave(() => ({ code: 451, text: '4.3.0 later' }));
    await sweep();
    const id = (await room.told())[0]?.id ?? '';
    await deliveryReached(room.client, id, 'retrying');
    mailbox.behave(() => undefined);
    return id;
  }
  const hurry = () => rows(app, `UPDATE work_items SET run_at = now() - interval '2 seconds' WHERE state = 'ready'`);

  it.each<[string, (room: Room, message: { id: string; seq: number }) => Promise<unknown>]>([
    ['has been read', (room, { seq }) => room.read(seq)],
    ['was deleted', (room, { id }) => room.client.master.delete(`/messages/${id}`)],
    ['is in a muted room', (room) => room.client.master.as('bob').post(`/rooms/${room.id}/mute`)],
    ['is in a deleted room', (room) => room.client.master.delete(`/rooms/${room.id}`)],
  ])('is not sent when its message %s', async (_what, happen) => {
    const room = await aRoomOfTwo();
    const message = await room.say('Hello');
    const id = await aWaitingMail(room);
    await happen(room, message);
    await hurry();

    const { deliveries, counts, status } = await reached(room.client, id, 'completed');
    expect(deliveries).toMatchObject([{ status: 'skipped', reason: 'not_needed' }]);
    expect({ counts, status }).toMatchObject({
      counts: { total: 1, open: 0, failed: 0, skipped: 1 },
      status: 'completed',
    });
    expect(mailbox.received.filter(({ recipients }) => recipients.includes(room.address))).toEqual([]);
  });

  it('says what is true when it goes', async () => {
    const room = await aRoomOfTwo({ name: undefined });
    const first = await room.say('Helo');
    await aWaitingMail(room);
    await room.client.master.as('ann').patch(`/messages/${first.id}`, { content: 'Hello' });
    const attachment = { url: 'https://files.example/a.pdf', name: 'a.pdf', size: 1, mimeType: 'application/pdf' };
    await room.client.master.as('ann').post('/messages', { roomId: room.id, attachments: [attachment] });
    await hurry();

    const [mail] = await room.mails(1);
    expect(mail).toMatchObject({ subject: '2 unread messages, the last from Ann Lee' });
    expect(mail?.text).toContain('Ann Lee: a.pdf');
  });
});

describe('how it is set', () => {
  const inSeconds = (afterSeconds: number) => ({ escalation: { afterSeconds, channels: ['email'] } });
  const goesAfter = async (room: Room, seconds: number) => {
    await room.say('Hello');
    await sweepAfter(seconds - 30);
    const before = await room.told();
    await sweepAfter(seconds + 1);
    expect([before.length, (await room.told()).length]).toEqual([0, 1]);
  };

  it('by the client, for all its rooms', async () => {
    await goesAfter(await aRoomOfTwo({ settings: {} }, await aSendingClient(inSeconds(60))), 60);
  });

  it('not at all in a room that names no channel, whatever its client has', async () => {
    const settings = { escalation: { afterSeconds: 60, channels: [] } };
    const room = await aRoomOfTwo({ settings }, await aSendingClient(inSeconds(60)));
    await room.say('Nobody is to be told');
    await sweepAfter(61);

    expect(await room.told()).toEqual([]);
  });

  it('by the room, instead of the client; taken away, the client’s holds again', async () => {
    const room = await aRoomOfTwo({ settings: inSeconds(600) }, await aSendingClient(inSeconds(60)));
    await goesAfter(room, 600);

    await room.client.master.patch(`/rooms/${room.id}`, { settings: { escalation: null } });
    const { seq } = await room.say('Hello again');
    await room.read(seq);
    await room.say('And again');
    await sweepAfter(61);
    expect(await room.told()).toHaveLength(2);
  });
});

it('keeps clients apart that have the same users and rooms of the same name', async () => {
  const [one, other] = [await aRoomOfTwo(), await aRoomOfTwo()];
  const { id, seq } = await one.say('Only for ours');
  await other.say('Only for theirs');
  await one.read(seq);
  await sweep();

  expect((await other.mails(1)).map(({ text }) => text?.split('\n')[0])).toEqual(['Ann Lee: Only for theirs']);
  expect([await one.told(), (await other.told()).length]).toEqual([[], 1]);
  expect((await one.trace(id)).map(({ step }) => step)).toEqual(['stored', 'delivered', 'read']);
  const theirs = (await other.told())[0]?.id;
  expect((await one.client.master.get(`/notifications/${theirs}`)).status).toBe(404);
  expect(mailbox.received.filter(({ recipients }) => recipients.includes(one.address))).toEqual([]);
});

import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { aClient, aRoom, type TestClient } from '../builders/clients.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { OpenSockets } from '../support/open-sockets.js';
import { rows } from '../support/rows.js';
import { type TestSocket, TRANSPORTS } from '../support/sockets.js';

const MESSAGES = 6;

let app: TestApp;
let elsewhere: TestApp;
let client: TestClient;
let roomId: string;
let ann: TestSocket;
let bob: TestSocket;
const sockets = new OpenSockets();

beforeAll(async () => {
  app = await anApp();
  elsewhere = await app.another();
}, 60_000);

afterEach(() => sockets.closeAll());
afterAll(() => app.close());

const marks = () =>
  rows<{ kind: string; seq: number }>(
    app,
    `SELECT kind, seq FROM receipt_marks WHERE room_id = $1 AND user_id = 'ann' ORDER BY at, kind`,
    [roomId],
  );

describe.each(TRANSPORTS)('receipts over %s', (transport) => {
  beforeEach(async () => {
    client = await aClient(app);
    roomId = await aRoom(client, { type: 'group', members: ['ann', 'bob', 'carol'] });
    for (let n = 1; n <= MESSAGES; n++) await client.master.as('carol').post('/messages', { roomId, content: `${n}` });
    ann = await sockets.open(transport, app.url, (await client.login('ann')).apiKey);
    bob = await sockets.open(transport, elsewhere.url, (await client.login('bob')).apiKey);
  });

  it('say how far somebody got and read, to the others on every node', async () => {
    const delivered = await ann.command('receipt.delivered', { roomId, seq: 4 });
    const first = await bob.hears('receipt.updated');
    const read = await ann.command('receipt.read', { roomId, seq: 3 });
    const second = await bob.hears('receipt.updated', 2);

    expect(delivered.ok).toEqual({ roomId, lastDeliveredSeq: 4 });
    expect(first).toMatchObject({ roomId, data: { userId: 'ann', deliveredSeq: 4, readSeq: 0 } });
    expect(read.ok).toEqual({ roomId, lastReadSeq: 3, unreadCount: MESSAGES - 3 });
    expect(second.data).toEqual({ userId: 'ann', deliveredSeq: 4, readSeq: 3 });
    expect(second).not.toHaveProperty('offset');
  });

  it('go forward only, never past the last message, and what was read was delivered', async () => {
    await ann.command('receipt.read', { roomId, seq: 1_000_000 });
    const back = await ann.command('receipt.read', { roomId, seq: 2 });
    const { ok } = await ann.command('receipt.delivered', { roomId, seq: 1 });

    expect(back.ok).toEqual({ roomId, lastReadSeq: MESSAGES, unreadCount: 0 });
    expect(ok).toEqual({ roomId, lastDeliveredSeq: MESSAGES });
    expect(await marks()).toEqual([
      { kind: 'delivered', seq: MESSAGES },
      { kind: 'read', seq: MESSAGES },
    ]);
  });

  it('are told at most once a second, the last state last, and not at all when nothing moved', async () => {
    const startedAt = Date.now();
    for (let seq = 1; seq <= MESSAGES; seq++) await ann.command('receipt.read', { roomId, seq });
    const tookMs = Date.now() - startedAt;
    await eventually(() => bob.of('receipt.updated').at(-1)?.data.readSeq === MESSAGES);
    const told = bob.of('receipt.updated').length;
    await ann.command('receipt.read', { roomId, seq: MESSAGES });
    await ann.command('receipt.delivered', { roomId, seq: 1 });
    await client.master.as('bob').post(`/rooms/${roomId}/read`, { seq: 1 });
    await eventually(() => bob.of('receipt.updated').some(({ data }) => data.userId === 'bob'));

    expect(bob.of('receipt.updated')[0]?.data.readSeq).toBe(1);
    expect(told).toBeLessThanOrEqual(2 + Math.floor(tookMs / 1_000));
    expect(bob.of('receipt.updated').filter(({ data }) => data.userId === 'ann')).toHaveLength(told);
  });

  it('leave a mark of each move, from which each message’s can be told', async () => {
    await ann.command('receipt.delivered', { roomId, seq: 5 });
    await ann.command('receipt.read', { roomId, seq: 2 });
    await ann.command('receipt.read', { roomId, seq: 2 });
    await ann.command('receipt.read', { roomId, seq: 6 });

    expect(await marks()).toEqual([
      { kind: 'delivered', seq: 5 },
      { kind: 'read', seq: 2 },
      { kind: 'delivered', seq: 6 },
      { kind: 'read', seq: 6 },
    ]);
  });

  it('are refused alike in a room of others and in none', async () => {
    const dave = await sockets.open(transport, app.url, (await client.login('dave')).apiKey);

    for (const command of ['receipt.read', 'receipt.delivered']) {
      const foreign = await dave.command(command, { roomId, seq: 1 });
      expect(foreign.error).toMatchObject({ code: 'not_found' });
      expect(foreign).toMatchObject({ error: (await dave.command(command, { roomId: randomUUID(), seq: 1 })).error });
    }
  });
});

describe.each(TRANSPORTS)('notifications over %s', (transport) => {
  it('are seen and read once, and the user’s other sockets hear of it', async () => {
    client = await aClient(app);
    const { apiKey } = await client.login('ann');
    const open = (at: TestApp) => sockets.open(transport, at.url, apiKey);
    const [phone, laptop] = [await open(app), await open(elsewhere)];
    const other = await sockets.open(transport, app.url, (await client.login('bob')).apiKey);
    await client.master.post('/notifications/send', {
      to: { userId: 'ann' },
      channels: { websocket: { event: 'order.confirmed', title: 'Order confirmed' } },
    });
    const { id } = (await phone.hears('notification.created')).data as { id: string };

    const seen = await phone.command('notification.seen', { id });
    const first = await laptop.hears('notification.updated');
    const read = await phone.command('notification.read', { id });
    const second = await laptop.hears('notification.updated', 2);
    await laptop.command('notification.seen', { id });
    const again = await laptop.command('notification.read', { id });

    expect(first.data).toEqual({
      ...(laptop.of('notification.created')[0]?.data as object),
      seenAt: seen.ok.seenAt,
      readAt: null,
    });
    expect(seen.ok.seenAt).toEqual(expect.any(String));
    expect(second.data).toEqual(read.ok);
    expect(read.ok).toMatchObject({ seenAt: seen.ok.seenAt, readAt: expect.any(String) });
    expect(again.ok).toEqual(read.ok);
    expect(phone.of('notification.updated')).toEqual([]);
    const foreign = await other.command('notification.read', { id });
    expect(foreign.error).toMatchObject({ code: 'not_found' });
    expect(foreign.error).toEqual((await other.command('notification.read', { id: randomUUID() })).error);
    const [stored] = await rows<{ seenAt: Date; readAt: Date }>(
      app,
      'SELECT seen_at AS "seenAt", read_at AS "readAt" FROM deliveries WHERE id = $1',
      [id],
    );
    expect([stored?.seenAt.toISOString(), stored?.readAt.toISOString()]).toEqual([read.ok.seenAt, read.ok.readAt]);
  });
});

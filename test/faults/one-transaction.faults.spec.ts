import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { aClient, aRoom, type TestClient, WITHOUT_LIMITS } from '../builders/clients.js';
import { anApp, type TestApp } from '../support/app.js';
import { aProcess } from '../support/processes.js';
import { OpenSockets } from '../support/open-sockets.js';
import { rows } from '../support/rows.js';

const EXECUTE = 'EXECUTE FUNCTION refuse()';

let app: TestApp;
let client: TestClient;
let roomId: string;
const sockets = new OpenSockets();

beforeAll(async () => {
  app = await anApp();
  client = await aClient(app, { settings: { limits: WITHOUT_LIMITS } });
  roomId = await aRoom(client, { type: 'group', members: ['ann', 'bob'] });
  await rows(
    app,
    `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused by the test'; END $$`,
  );
}, 60_000);

afterEach(() => sockets.closeAll());
afterAll(() => app.close());

/** All that a message changes, in every table it touches. */
async function everything(): Promise<unknown> {
  const [room] = await rows(
    app,
    `SELECT last_seq, head, last_message_at, last_activity_at, status FROM rooms WHERE id = $1`,
    [roomId],
  );
  const [counts] = await rows(
    app,
    `SELECT (SELECT count(*) FROM messages WHERE room_id = $1) AS messages, (SELECT count(*) FROM room_events WHERE room_id = $1) AS events,
            (SELECT sum(last_read_seq) FROM room_members WHERE room_id = $1) AS read, (SELECT count(*) FROM idempotency_keys) AS keys`,
    [roomId],
  );
  return { room, counts };
}

async function whileRefusing(trigger: string, work: () => Promise<void>): Promise<void> {
  await rows(app, `CREATE TRIGGER refusing ${trigger}`);
  const table = / ON (\w+)/.exec(trigger)?.[1] ?? '';
  await work().finally(() => rows(app, `DROP TRIGGER refusing ON ${table}`));
}

describe('message and room are one transaction', () => {
  it.each([
    ['the message', `BEFORE INSERT ON messages FOR EACH ROW ${EXECUTE}`],
    ['the room', `BEFORE UPDATE ON rooms FOR EACH ROW ${EXECUTE}`],
    ['the sender’s pointer', `BEFORE UPDATE ON room_members FOR EACH ROW ${EXECUTE}`],
  ])('stores neither when %s cannot be stored, and tells nobody', async (_what, trigger) => {
    const bob = await client.login('bob');
    const socket = await sockets.open('raw', app.url, bob.apiKey);
    const before = await everything();
    const ann = client.master.as('ann');

    await whileRefusing(trigger, async () => {
      const plain = await ann.post('/messages', { roomId, content: 'Lost' });
      const once = await ann.post('/messages', { roomId, content: 'Lost' }, { 'Idempotency-Key': randomUUID() });
      expect([plain.status, once.status]).toEqual([500, 500]);
    });

    expect(await everything()).toEqual(before);
    expect((await ann.post('/messages', { roomId, content: 'Kept' })).status).toBe(201);
    expect((await socket.hears('message.created')).data.content).toBe('Kept');
    expect(socket.of('message.created')).toHaveLength(1);
  });

  it('stores the revival with the message that caused it, or neither', async () => {
    await rows(app, `UPDATE rooms SET status = 'inactive', deactivated_reason = 'inactivity' WHERE id = $1`, [roomId]);
    const before = await everything();
    const send = () => client.master.as('ann').post('/messages', { roomId, content: 'Wake up' });

    await whileRefusing(`BEFORE INSERT ON room_events FOR EACH ROW ${EXECUTE}`, async () => {
      expect((await send()).status).toBe(500);
    });
    expect(await everything()).toEqual(before);

    expect((await send()).status).toBe(201);
    expect(await everything()).toMatchObject({ room: { status: 'active' } });
  });

  it('does not let a bad row take its neighbours along', async () => {
    const send = (content: string) => client.master.as('ann').post('/messages', { roomId, content });

    await whileRefusing(`BEFORE INSERT ON messages FOR EACH ROW WHEN (NEW.content = 'bad') ${EXECUTE}`, async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => send(n === 7 ? 'bad' : `good ${n}`)));
      expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, (_, n) => (n === 7 ? 500 : 201)));
      const seqs = answers
        .flatMap(({ body }) => (body.seq === undefined ? [] : [Number(body.seq)]))
        .sort((a, b) => a - b);
      expect(seqs).toEqual(Array.from({ length: 19 }, (_, n) => (seqs[0] ?? 0) + n));
    });
  });

  it('shows both or neither of every message after kill -9 amid sends, and all that were acknowledged', async () => {
    const process = await aProcess({ ...app.environment, ROLE: 'api' });
    const other = await aRoom(client, { type: 'group', members: ['ann'] });
    const api = process.api(client.masterKey).as('ann');
    const acknowledged: string[] = [];
    let sending = true;
    const sender = async () => {
      while (sending) {
        const { status, body } = await api.post('/messages', { roomId: other, content: 'On its way' });
        if (status === 201) acknowledged.push(body.id);
        if (acknowledged.length === 200) await process.kill();
      }
    };

    await Promise.allSettled(Array.from({ length: 8 }, () => sender().finally(() => (sending = false))));

    const [room] = await rows<{ lastSeq: string; head: string }>(
      app,
      `SELECT last_seq AS "lastSeq", head FROM rooms WHERE id = $1`,
      [other],
    );
    const stored = await rows<{ id: string; seq: string; offset: string }>(
      app,
      `SELECT id, seq, "offset" FROM messages WHERE room_id = $1 ORDER BY seq`,
      [other],
    );
    expect(acknowledged.length).toBeGreaterThanOrEqual(200);
    expect(stored.map(({ seq }) => Number(seq))).toEqual(stored.map((_, n) => n + 1));
    expect(stored.map(({ offset }) => Number(offset))).toEqual(stored.map((_, n) => n + 2));
    expect([Number(room?.lastSeq), Number(room?.head)]).toEqual([stored.length, stored.length + 1]);
    expect(stored.map(({ id }) => id)).toEqual(expect.arrayContaining(acknowledged));
  }, 60_000);
});

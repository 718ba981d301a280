import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { timelineOf } from '../builders/notifications.js';
import { eventually } from '../support/eventually.js';
import { Installation } from '../support/installation.js';
import { caughtUp, Load } from '../support/load.js';
import { Opened } from '../support/opened.js';

const LEASE_SECONDS = 4;
/** Less than a call's deadline, which is half a lease: what hangs is cut by the drain. */
const DRAIN_SECONDS = 1;

let house: Installation;
const opened = new Opened();

beforeAll(async () => {
  house = await Installation.start({
    WORK_LEASE_SECONDS: String(LEASE_SECONDS),
    DRAIN_SECONDS: String(DRAIN_SECONDS),
  });
}, 90_000);

afterAll(() => house.stop());

afterEach(() => opened.closeAll());

beforeEach(() => {
  house.mailbox.received.length = 0;
  house.mailbox.behave(() => undefined);
});

/** Every accepted notification has ended well, and each of its mails came, under the id of its delivery. */
async function nothingAcceptedWasLost({ accepted }: Load): Promise<void> {
  const deliveries = await eventually(
    async () => {
      const found = await house.rows<{ id: string; status: string; notification: string }>(
        `SELECT d.id, d.status, n.status AS notification FROM notifications n
           JOIN deliveries d ON d.client_id = n.client_id AND d.notification_id = n.id WHERE n.id = ANY ($1)`,
        [accepted],
      );
      const open = found.filter(({ notification }) => notification !== 'completed');
      if (open.length > 0) throw new Error(`${open.length} of ${accepted.length} open: ${JSON.stringify(open[0])}`);
      return found;
    },
    { withinMs: 40_000 },
  );
  const mailed = new Set(house.mailbox.received.map(({ mail }) => mail.messageId));
  const promised = new Set(deliveries.map(({ id }) => `<${id}@example.com>`));
  expect(new Set(accepted).size).toBe(accepted.length);
  expect(deliveries).toHaveLength(accepted.length);
  expect(mailed).toEqual(promised);
  await house.verify();
}

/** What was acknowledged is stored once, under the number that was acknowledged; numbers have no gap; who syncs has it all. */
async function nothingSaidWasLost({ acknowledged, roomId, followers }: Load): Promise<void> {
  const stored = await house.rows<{ id: string; seq: number; offset: number; clientMessageId: string }>(
    `SELECT id, seq::integer AS seq, "offset"::integer AS "offset", client_message_id AS "clientMessageId" FROM messages WHERE room_id = $1 ORDER BY seq`,
    [roomId],
  );
  const shown = stored.map(({ clientMessageId, id, seq }) => ({ clientMessageId, id, seq }));
  expect(shown).toEqual([...acknowledged].sort((a, b) => a.seq - b.seq));
  expect(stored.map(({ seq }) => seq)).toEqual(stored.map((_message, n) => n + 1));
  expect(stored.map(({ offset }) => offset)).toEqual(stored.map((_message, n) => n + 2)); // the room's creation is 1
  for (const who of ['rest', 'raw', 'socket.io']) {
    const own = stored.flatMap(({ clientMessageId: name }) =>
      name.includes(` ${who} `) ? Number(name.split(' ').at(-1)) : [],
    );
    expect(own).toEqual(own.map((_message, n) => n + 1));
  }
  for (const follower of followers) {
    const events = await caughtUp(follower, roomId);
    expect(events.map(({ ev, data }) => [ev, (data as { id: string }).id])).toEqual(
      stored.map(({ id }) => ['message.created', id]),
    );
    follower.close();
  }
}

async function everythingHolds(load: Load): Promise<void> {
  await load.goesOn(5);
  await load.end();
  await nothingSaidWasLost(load);
  await nothingAcceptedWasLost(load);
}

it('kill -9 of the worker mid-send loses no mail, and repeats only what was in its hands', async () => {
  const load = await opened.keep(Load.start(house, 'killed'));
  await load.goesOn(5);
  let kept = 0;
  house.mailbox.behave((_recipient, stage) => {
    if (stage === 'rcpt') return undefined;
    kept++;
    return 'keep and hang';
  });
  const inHand = await eventually(async () => {
    const leased = await house.leased();
    return kept > 0 && leased >= 5 && leased; // some mail was taken, and its worker does not know
  });
  await house.worker.kill();
  house.mailbox.behave(() => undefined);
  await house.newWorker();

  await everythingHolds(load);

  const ids = house.mailbox.received.map(({ mail }) => mail.messageId ?? '');
  const repeated = ids.length - new Set(ids).size;
  expect(repeated).toBeGreaterThan(0);
  expect(repeated).toBeLessThanOrEqual(inHand + 50);
  const twice = ids.find((id, n) => ids.indexOf(id) < n) ?? '';
  const [delivery] = await house.rows<{ notification: string }>(
    'SELECT notification_id AS notification FROM deliveries WHERE id = $1',
    [twice.slice(1, 37)],
  );
  const tale = (await timelineOf(house.client, delivery?.notification ?? '')).map(
    ({ type, status }) => `${type} ${status}`,
  );
  expect(tale).toEqual(['accepted accepted', 'lost retrying', 'attempt sent', 'completed completed']);
}, 90_000);

it('FLUSHALL loses nothing, not even what waits with no worker to take its hint', async () => {
  const load = await opened.keep(Load.start(house, 'flushed'));
  const redis = new Redis(house.redis.url);
  await load.goesOn(5);
  await house.worker.kill();
  await load.goesOn(5);
  await expect(redis.keys('*bull*')).resolves.not.toEqual([]);
  await redis.flushall();
  await house.newWorker();
  for (let times = 0; times < 2; times++) {
    await load.goesOn(5);
    await redis.flushall();
  }
  redis.disconnect();

  await everythingHolds(load);
}, 90_000);

it('Redis killed, away for a while and started empty loses nothing', async () => {
  const load = await opened.keep(Load.start(house, 'without-redis'));
  await load.goesOn(5);
  await house.redis.kill();
  await load.goesOn(10);
  await house.redis.start();

  await everythingHolds(load);
}, 90_000);

it('PostgreSQL killed and started again loses nothing that it had answered for', async () => {
  const load = await opened.keep(Load.start(house, 'restarted'));
  for (let times = 0; times < 2; times++) {
    await load.goesOn(5);
    await house.postgres.kill();
    await pause(500); // long enough that calls are refused
    await house.postgres.start();
  }

  await everythingHolds(load);
}, 90_000);

it('SIGTERM under load gives the work back and exits with 0 within the drain time', async () => {
  const load = await opened.keep(Load.start(house, 'drained'));
  await load.goesOn(5);
  // One mail never gets an answer: its lease must be given back, not waited for.
  house.mailbox.behave((_recipient, stage) => (stage === 'data' ? 'hang' : undefined));
  await eventually(async () => (await house.leased()) > 0);
  const begun = Date.now();

  await expect(house.worker.stop()).resolves.toBe(0);

  expect(Date.now() - begun).toBeLessThan((DRAIN_SECONDS + 5) * 1_000);
  await expect(house.leased()).resolves.toBe(0);
  await expect(house.rows(`SELECT id FROM work_items WHERE state = 'ready' AND attempts > 0`)).resolves.toEqual([]);
  house.mailbox.behave(() => undefined);
  await house.newWorker();
  await everythingHolds(load);
}, 90_000);

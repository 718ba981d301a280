import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import pg from 'pg';
import { EscalationService } from '../../src/modules/escalation/index.js';
import { aClient, aRoom, type TestClient } from '../builders/clients.js';
import { anSmtpProvider } from '../builders/providers.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { aMailbox, type Mailbox } from '../support/mailbox.js';
import { Opened } from '../support/opened.js';
import { aProcess, type TestProcess } from '../support/processes.js';
import { rows } from '../support/rows.js';

const ROOMS = 60;

let app: TestApp;
let mailbox: Mailbox;
let client: TestClient;
const opened = new Opened();

beforeAll(async () => {
  mailbox = await aMailbox();
  app = await anApp({ ROLE: 'api' }); // workers come and go by hand
  client = await aClient(app, {
    settings: {
      limits: { requestsPerSecond: 100_000, requestsPerMinute: 1_000_000 },
      escalation: { afterSeconds: 1, channels: ['push', 'email'] },
    },
  });
  await anSmtpProvider(client, mailbox);
}, 60_000);

afterEach(() => opened.closeAll());
afterAll(async () => {
  await app.close();
  await mailbox.close();
});

/** Rooms with one unread message each, of a member of their own. @returns the members' addresses */
async function missedRooms(count: number): Promise<string[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const userId = `user-${randomUUID()}`;
      const email = `${userId}@example.com`;
      await client.master.put(`/users/${userId}`, { email });
      const roomId = await aRoom(client, { type: 'group', members: ['ann', userId] });
      await client.master.as('ann').post('/messages', { roomId, content: 'Hello' });
      return email;
    }),
  );
}

async function aWorker(): Promise<TestProcess> {
  const worker = await aProcess({ ...app.environment, ROLE: 'worker' });
  await opened.keep(Promise.resolve({ close: () => worker.kill() }));
  return worker;
}

/** As if the leases of sweeps were over, and all messages had waited long enough. */
async function bringForward(): Promise<void> {
  await rows(app, `UPDATE messages SET created_at = created_at - interval '1 minute'`);
  await rows(app, `UPDATE rooms SET escalate_at = now() - interval '1 second' WHERE escalate_at IS NOT NULL`);
}

/** No sweep can write down whom it tells until this is released. */
async function holdTellings(): Promise<() => Promise<unknown>> {
  const holder = new pg.Client({ connectionString: app.environment.DATABASE_URL });
  await holder.connect();
  await opened.keep(Promise.resolve({ close: () => holder.end() }));
  await holder.query('BEGIN; LOCK TABLE escalations IN SHARE MODE');
  return () => holder.end();
}
const waiting = (count: number) =>
  eventually(async () => {
    const held = await rows(
      app,
      `SELECT 1 FROM pg_locks WHERE relation = 'escalations'::regclass AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    );
    return held.length >= count;
  });

/** Everybody got one mail, and there is nothing left that could bring another. */
async function eachToldOnce(addresses: readonly string[]): Promise<void> {
  const mailed = () => mailbox.received.flatMap(({ recipients }) => recipients).filter((to) => addresses.includes(to));
  await eventually(() => new Set(mailed()).size === addresses.length, { withinMs: 30_000 });
  await eventually(async () => {
    const [left] = await rows<{ work: number; rooms: number }>(
      app,
      `SELECT (SELECT count(*)::integer FROM work_items WHERE state IN ('ready', 'leased')) AS work,
              (SELECT count(*)::integer FROM rooms WHERE escalate_at IS NOT NULL) AS rooms`,
    );
    return left?.work === 0 && left.rooms === 0;
  });
  expect(mailed().sort()).toEqual([...addresses].sort());
}

it('tells everybody once, by itself, while two workers sweep', async () => {
  await Promise.all([aWorker(), aWorker()]);
  await eachToldOnce(await missedRooms(ROOMS));
}, 60_000);

it('tells once when two sweeps are at the same member', async () => {
  const addresses = await missedRooms(1);
  const elsewhere = await app.another();
  await bringForward();
  const release = await holdTellings();
  const sweeps = [app.part(EscalationService).sweep()];
  await waiting(1);
  await bringForward(); // as if the first had taken longer than its lease
  sweeps.push(elsewhere.part(EscalationService).sweep());
  await waiting(2);
  await release();

  expect((await Promise.all(sweeps)).sort()).toEqual([0, 1]);
  await aWorker();
  await eachToldOnce(addresses);
}, 60_000);

it('does not forget what is sent to a room while a sweep is at it', async () => {
  const [carl, carlsAddress] = ['carl', `carl-${randomUUID()}@example.com`];
  await client.master.put(`/users/${carl}`, { email: carlsAddress });
  const [address = ''] = await missedRooms(1);
  const [room] = await rows<{ id: string }>(app, `SELECT id FROM rooms ORDER BY id DESC LIMIT 1`);
  await client.master.post(`/rooms/${room?.id}/members`, { userId: carl }); // who has not missed what was said before
  await bringForward();
  const release = await holdTellings();
  const sweep = app.part(EscalationService).sweep();
  await waiting(1);
  await client.master.as('ann').post('/messages', { roomId: room?.id, content: 'Hello again' });
  await release();
  await sweep;

  await bringForward();
  await aWorker();
  await eachToldOnce([address, carlsAddress]);
}, 60_000);

it('loses nobody, and tells nobody twice, when a worker is killed in the middle of a sweep', async () => {
  const addresses = await missedRooms(ROOMS);
  const release = await holdTellings();
  const victim = await aWorker();
  await waiting(1);
  await victim.kill();
  await release();
  await aWorker();
  await bringForward();

  await eachToldOnce(addresses);
}, 60_000);

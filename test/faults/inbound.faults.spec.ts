import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ActionsRepository } from '../../src/modules/webhooks/actions/actions.repository.js';
import { aClient, type TestClient } from '../builders/clients.js';
import { NO_LIMITS } from '../builders/twins.js';
import { aSource, call, eventOf, eventReached, signedCall, type TestSource } from '../builders/webhooks.js';
import { aVendor, type Vendor, type VendorReply } from '../fakes/vendor.js';
import { STRIPE } from '../fakes/webhook-senders.js';
import { anApp, anEnvironment, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { Opened } from '../support/opened.js';
import { aProcess, type TestProcess } from '../support/processes.js';
import { rows } from '../support/rows.js';

/*
 * What is to be done about an inbound event is done, each effect once: when workers die between actions or in the middle of
 * one, when an outcome cannot be written, when two workers have the same event.
 */

jest.setTimeout(120_000);

const opened = new Opened();
let vendor: Vendor;
let client: TestClient;

beforeEach(async () => {
  vendor = await opened.keep(aVendor(() => ({ status: 200, body: { ok: true } })));
});
afterEach(async () => {
  jest.restoreAllMocks();
  await opened.closeAll();
});

const everyAction = () => [
  { type: 'createRoom', id: 'room', params: { type: 'group', name: { $: 'payload.id' }, members: ['ann'] } },
  { type: 'forward', params: { url: vendor.url } },
  { type: 'sendMessage', params: { roomId: { $: 'steps.room.id' }, senderId: 'shop', content: { $: 'payload.id' } } },
  {
    type: 'sendNotification',
    params: { to: { userId: 'ann' }, channels: { websocket: { title: { $: 'payload.id' } } } },
  },
];

async function tell(source: TestSource): Promise<string> {
  const body = JSON.stringify({ id: `evt_${randomUUID()}` });
  const answer = await call(source.url, await signedCall(STRIPE, source.secret ?? '', { body }));
  if (answer.status !== 200) throw new Error(`Not taken: ${answer.text}`);
  return String(answer.body.id);
}

/** What was made in the client; each holds the id of its event in a name, a content or a title. */
async function made(app: Pick<TestApp, 'environment'>) {
  const [counts] = await rows<{ rooms: number; messages: number; notifications: number }>(
    app,
    `SELECT (SELECT count(*)::integer FROM rooms WHERE client_id = $1) AS rooms, (SELECT count(*)::integer FROM messages WHERE client_id = $1) AS messages,
            (SELECT count(*)::integer FROM notifications WHERE client_id = $1) AS notifications`,
    [client.id],
  );
  return counts;
}
const each = (count: number) => ({ rooms: count, messages: count, notifications: count });

const hasten = (app: Pick<TestApp, 'environment'>, eventId: string) =>
  rows(app, `UPDATE work_items SET run_at = now() - interval '2 seconds' WHERE id = $1 AND state = 'ready'`, [eventId]);

describe('in one process', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await anApp();
  }, 60_000);
  afterAll(() => app.close());
  beforeEach(async () => {
    client = await aClient(app, { settings: NO_LIMITS });
  });

  it.each(['createRoom', 'forward', 'sendMessage', 'sendNotification'])(
    'an outcome that cannot be written leaves no effect of %s behind',
    async (type) => {
      const broken = everyAction().findIndex((action) => action.type === type);
      const end = ActionsRepository.prototype.end;
      let breaks = 2;
      jest.spyOn(ActionsRepository.prototype, 'end').mockImplementation(function (this: ActionsRepository, ...given) {
        const [, , { n }, { status }] = given;
        if (n === broken && status === 'done' && breaks-- > 0) throw new Error('after the effect, before its outcome');
        end.apply(this, given);
      });
      const source = await aSource(client, { actions: everyAction() });
      const id = await tell(source);
      await eventually(async () => {
        await hasten(app, id);
        return (await eventOf(client, id)).status === 'completed';
      });

      expect(breaks).toBeLessThan(0);
      expect(await made(app)).toEqual(each(1));
      expect(new Set(vendor.calls.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
      expect((await eventOf(client, id)).actions[broken]?.attempts).toBe(3);
    },
  );

  it('a hundred twins at once have one effect', async () => {
    const source = await aSource(client, { actions: everyAction() });
    const request = await signedCall(STRIPE, source.secret ?? '');
    const answers = await Promise.all(Array.from({ length: 100 }, () => call(source.url, request)));

    expect(new Set(answers.map(({ status, body }) => `${status} ${body.id}`)).size).toBe(1);
    await eventReached(client, String(answers[0]?.body.id), 'completed');
    expect(await made(app)).toEqual(each(1));
    expect(vendor.calls).toHaveLength(1);
  });

  it('in whatever order events come, and however often, each has one effect', async () => {
    const source = await aSource(client, { actions: everyAction() });
    const bodies = ['3', '1', '2'].map((n) => JSON.stringify({ id: `evt_${n}`, created: Number(n) }));
    const tell = async (body: string) => call(source.url, await signedCall(STRIPE, source.secret ?? '', { body }));

    const first = await Promise.all(bodies.map(tell));
    const again = await Promise.all([...bodies, ...bodies].map(tell));
    for (const { body } of first) await eventReached(client, String(body.id), 'completed');

    expect(again.map(({ body }) => body)).toEqual(
      [...first, ...first].map(({ body }) => ({ id: body.id, status: 'duplicate' })),
    );
    expect(await made(app)).toEqual(each(3));
    expect(vendor.calls).toHaveLength(3);
  });

  it('a worker that has lost an event to another does nothing more of it', async () => {
    let release = (_reply: VendorReply): void => undefined;
    const released = new Promise<VendorReply>((resolve) => (release = resolve));
    vendor.behave(() => released);
    const source = await aSource(client, { actions: everyAction() });
    const id = await tell(source);
    await eventually(() => vendor.calls.length === 1);
    await eventually(async () => {
      await rows(
        app,
        `UPDATE work_items SET lease_until = now() - interval '1 second' WHERE id = $1 AND state = 'leased'`,
        [id],
      );
      return vendor.calls.length > 1;
    });
    release({ status: 200, body: 'ok' });

    await eventReached(client, id, 'completed');
    expect(await made(app)).toEqual(each(1));
    expect(new Set(vendor.calls.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });
});

describe('with workers that are killed', () => {
  let app: TestApp;
  let environment: NodeJS.ProcessEnv;
  let worker: TestProcess;
  const aWorker = () => aProcess({ ...environment, ROLE: 'worker' });

  beforeAll(async () => {
    environment = await anEnvironment({ WORK_LEASE_SECONDS: '2' });
    app = await anApp({ ...environment, ROLE: 'api' });
    worker = await aWorker();
  }, 60_000);
  beforeEach(async () => {
    client = await aClient(app, { settings: NO_LIMITS });
  });
  afterAll(async () => {
    await worker.kill();
    await app.close();
  });

  it('between what a call did and the note that it was made, the rest is done once', async () => {
    const source = await aSource(client, { actions: everyAction() });
    vendor.behave(() => 'hang');
    const id = await tell(source);
    await eventually(() => vendor.calls.length > 0, { withinMs: 30_000 });
    await worker.kill();
    expect((await eventOf(client, id)).actions.map(({ status }) => status)).toEqual([
      'done',
      ...Array(3).fill('pending'),
    ]);
    vendor.behave();
    worker = await aWorker();

    await eventually(async () => (await eventOf(client, id)).status === 'completed', { withinMs: 60_000 });
    expect(await made(app)).toEqual(each(1));
    expect(vendor.calls.length).toBeGreaterThan(1);
    expect(new Set(vendor.calls.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });

  it('at any moment, every event comes to its end, with each effect once', async () => {
    const count = 40;
    const source = await aSource(client, { actions: everyAction() });
    vendor.behave(async () => {
      await pause(20);
      return { status: 200, body: 'ok' };
    });
    const ids = await Promise.all(Array.from({ length: count }, () => tell(source)));
    for (const kills of [1, 2, 3]) {
      await eventually(() => vendor.calls.length >= kills * 8, { withinMs: 60_000 });
      await worker.kill();
      worker = await aWorker();
    }

    await eventually(
      async () => {
        const { data } = (await client.master.get('/webhooks/events?status=completed&limit=100')).body;
        return data.length === ids.length;
      },
      { withinMs: 90_000 },
    );
    expect(await made(app)).toEqual(each(count));
    const names = await rows<{ twice: string }>(
      app,
      `SELECT name AS twice FROM rooms WHERE client_id = $1 GROUP BY name HAVING count(*) > 1`,
      [client.id],
    );
    expect(names).toEqual([]);
    const verify = promisify(execFile)(process.execPath, ['dist/verify.js'], {
      env: { PATH: process.env.PATH, DATABASE_URL: environment.DATABASE_URL },
    });
    await expect(verify).resolves.toMatchObject({ stdout: expect.stringContaining('inbound events') });
    expect(new Set(vendor.calls.map(({ headers }) => headers['webhook-id'])).size).toBe(count);
  });
});

import { setTimeout as delay } from 'node:timers/promises';
import { getQueueToken } from '@nestjs/bull';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import type { Queue } from 'bull';
import { Database, statement } from '../../src/platform/database/index.js';
import { RecurringJobs } from '../../src/platform/queue/index.js';
import { WorkEngine } from '../../src/platform/work/index.js';
import { aClient, type TestClient } from '../builders/clients.js';
import { reached, send } from '../builders/notifications.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { aProcess, beginProcess } from '../support/processes.js';
import { rows } from '../support/rows.js';

const LOOK = statement('test.look', 'SELECT 1');
let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  app = await anApp();
  client = await aClient(app);
}, 60_000);

afterAll(() => app.close());

/** A job of a process that lasts until it is let go: meanwhile the process does not end. */
async function heldUp(node: TestApp): Promise<() => void> {
  let [begin, letGo] = [(): void => undefined, (): void => undefined];
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const run = async (): Promise<void> => {
    begin();
    await held;
    await node.part(Database).query(LOOK);
  };
  node.part(RecurringJobs).register({ name: 'holds up', everySeconds: 3_600, run });
  await begun;
  return letGo;
}

it('takes new connections for as long as it lingers, whether or not it has sockets', async () => {
  const stopping = await app.another({ ROLE: 'api', LINGER_SECONDS: '5' });
  const asked = () => fetch(`${stopping.url}/api/v1/utils/live`).then(({ headers }) => headers.get('connection'));
  const closing = stopping.close();
  await eventually(async () => (await asked()) === 'close'); // each call is a connection of its own from here on

  for (let calls = 20; calls > 0; calls--) {
    await delay(20);
    expect(await asked()).toBe('close');
  }
  await closing;
}, 60_000);

it('leaves what is new to others, and brings the job in hand to its end, which needs its connections as long', async () => {
  await client.master.post('/providers', { kind: 'simulator', name: 'Sim', settings: { channel: 'email' } });
  const stopping = await app.another({ ROLE: 'worker', DRAIN_SECONDS: '60' });
  const letGo = await heldUp(stopping);
  const closing = stopping.close();
  const deliveries = stopping.part<Queue>(getQueueToken('deliveries'));
  await eventually(() => deliveries.isPaused(true));
  const taken = jest.spyOn(stopping.part(WorkEngine), 'take');

  const wish = { to: { email: 'delivered@simulator.test' }, channels: { email: { subject: 'Hello', text: 'Hello' } } };
  const ids = await Promise.all(Array.from({ length: 20 }, () => send(client, wish)));
  for (const id of ids) await reached(client, id, 'completed');
  letGo();
  await closing;

  expect(taken).not.toHaveBeenCalled();
  const outcomes = await rows(app, 'SELECT outcome FROM recurring_runs WHERE name = $1', ['holds up']);
  expect(outcomes).toEqual([{ outcome: 'ok' }]);
}, 60_000);

it('is heard from the beginning: what was begun while it boots is brought to its end', async () => {
  const booting = await beginProcess({ ...app.environment, DRAIN_SECONDS: '30' }); // a slow boot has time for it
  await eventually(() => booting.output().includes('Starting Nest application'), { withinMs: 30_000 });

  expect(await booting.stop()).toBe(0);
  expect(booting.output()).toContain('Nest application successfully started');
}, 60_000);

it('ends at last, and says so, when what it waits for never ends', async () => {
  const never = 'import net from "node:net"; net.Server.prototype.close = function () { return this; }';
  const NODE_OPTIONS = `--import data:text/javascript,${encodeURIComponent(never)}`;
  const stopping = await aProcess({ ...app.environment, NODE_OPTIONS, DRAIN_SECONDS: '0' });

  expect(await stopping.stop()).toBe(1);
  expect(stopping.output()).toContain('The process did not stop within 18000 ms');
}, 90_000);

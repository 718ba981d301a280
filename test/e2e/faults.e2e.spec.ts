import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { boot } from '../../src/boot.js';
import { readEnv } from '../../src/config/index.js';
import { ClientsService } from '../../src/modules/clients/clients.service.js';
import { MessagesService } from '../../src/modules/messages/messages.service.js';
import { ProviderRouter } from '../../src/modules/providers/index.js';
import { RecurringJobs } from '../../src/platform/queue/index.js';
import { aClient, aRoom, type TestClient } from '../builders/clients.js';
import { anApp, anEnvironment, type TestApp } from '../support/app.js';
import { canary, plant, takeLeaks } from '../support/canaries.js';
import { eventually } from '../support/eventually.js';
import { aFaultCollector, type FaultCollector, type Report } from '../support/fault-collector.js';
import { aProcess } from '../support/processes.js';
import { aSocket } from '../support/sockets.js';

let sentry: FaultCollector;
let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  sentry = await aFaultCollector();
  app = await anApp({ SENTRY_DSN: sentry.dsn });
  client = await aClient(app);
}, 60_000);

afterAll(async () => {
  await app.close();
  await sentry.close();
});

const reported = (message: string): Promise<Report> =>
  eventually(() =>
    sentry.reports.find(({ exception }) => exception.values.some(({ value }) => value.includes(message))),
  );

/** Makes a method of a part of the house fail, once. */
function breakOnce<T extends object>(part: T, method: keyof T, message: string): void {
  const working = part[method];
  Object.assign(part, {
    [method]: () => {
      Object.assign(part, { [method]: working });
      throw new Error(message);
    },
  });
}

describe('a fault of ours reaches Sentry', () => {
  it('from a request, with its id and route, and without what people are called', async () => {
    const secrets = `ann@example.com used ${client.masterKey} at postgres://user:pass@db`;
    breakOnce(app.part(ClientsService), 'get', `request broke: ${secrets}`);
    const reply = await client.master.with({ 'X-Request-Id': 'the-request' }).get('/clients/me');
    const report = await reported('request broke');

    expect(reply.status).toBe(500);
    expect(reply.body.detail).not.toContain('broke');
    expect(report).toMatchObject({
      environment: 'local',
      tags: { requestId: 'the-request', clientId: client.id, method: 'GET', route: '/api/v1/clients/me' },
    });
    expect(report.exception.values[0]?.value).toBe(
      'request broke: [redacted] used [redacted] at postgres://[redacted]@db',
    );
    expect(report.exception.values[0]?.stacktrace?.frames.length).toBeGreaterThan(0);
  });

  it('from a socket’s command', async () => {
    const ann = await client.login('ann');
    const roomId = await aRoom(client, { type: 'group', members: ['ann'] });
    const socket = await aSocket('raw', app.url, ann.apiKey);
    breakOnce(app.part(MessagesService), 'send', 'command broke');
    const { error } = await socket.command('message.send', { roomId, content: 'secret words' });

    expect(error).toMatchObject({ code: 'internal', temporary: true });
    expect((await reported('command broke')).tags).toMatchObject({
      command: 'message.send',
      clientId: client.id,
      keyId: ann.keyId,
    });
    socket.close();
  });

  it('from a worker, with the delivery and the request that caused it', async () => {
    breakOnce(app.part(ProviderRouter), 'choose', 'worker broke');
    const sent = await client.master.with({ 'X-Request-Id': 'the-cause' }).post('/notifications/send', {
      to: { email: 'ann@example.com' },
      channels: { email: { subject: 'a', text: 'b' } },
    });

    expect((await reported('worker broke')).tags).toMatchObject({
      deliveryId: sent.body.deliveries[0].id,
      clientId: client.id,
      requestId: 'the-cause',
      kind: 'deliveries',
    });
  });

  it('from a recurring job', async () => {
    const run = () => Promise.reject(new Error('job broke'));
    app.part(RecurringJobs).register({ name: 'broken', everySeconds: 1, run });
    expect((await reported('job broke')).tags).toMatchObject({ job: 'broken' });
  });

  it('and a refusal does not', async () => {
    const before = sentry.reports.length;
    await client.master.get('/rooms');
    await app.api('nonsense').get('/rooms');
    breakOnce(app.part(ClientsService), 'get', 'the last fault');
    await client.master.get('/clients/me');
    await reported('the last fault');
    const others = sentry.reports.slice(before).filter(({ tags }) => tags.job !== 'broken');
    expect(others).toHaveLength(1);
  });

  it('and nothing that people wrote, nor a key, nor a header went along', () => {
    for (const secret of ['ann@example.com', 'secret words', client.masterKey, '"Authorization"', '"request":'])
      expect(sentry.raw()).not.toContain(secret);
  });
});

describe('a canary', () => {
  it('that gets into a log or a report is found, whoever planted it: what was sent, and what has the form of a secret', async () => {
    const content = `between us, ${canary('words')}`;
    const [sent, plain] = [{ content: 'plain words, as they were sent' }, { note: 'plain words of nobody at all' }];
    plant(sent);
    plant(plain);
    const logger = new Logger('Canaries');
    const lines = [content, sent.content, plain.note, '+4915112345678 rang', 'nothing of it'];
    for (const words of lines) logger.log(words);
    breakOnce(app.part(ClientsService), 'get', `report broke: ${content}`);
    await client.master.get('/clients/me');
    await reported('report broke');

    const leaks = takeLeaks().map((leak) => leak.replace(/: \{.*/s, '').replace(/canary-words-\w+/g, 'canary'));
    expect(new Set(leaks)).toEqual(
      new Set([
        'the log says "canary"',
        'the log says "plain words, as they were sent"',
        'the log says "+4915112345678"',
        'a fault report says "canary"',
      ]),
    );
  });
});

describe('a process that is broken', () => {
  it('says so, reports it and ends', async () => {
    const reject = `process.on('SIGUSR2', () => void Promise.reject(new Error('nobody caught this')))`;
    const running = await aProcess({
      ...(await anEnvironment({ ROLE: 'api', SENTRY_DSN: sentry.dsn })),
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(reject)}`,
    });
    expect(await running.stop('SIGUSR2')).toBe(1);
    const fatal = running
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as { level: string; err?: { message: string } })
      .find(({ level }) => level === 'fatal');
    expect(fatal?.err?.message).toBe('nobody caught this');
    await reported('nobody caught this');
  }, 60_000);

  it('in its last moment has reported that when it ends', async () => {
    const environment = await anEnvironment({ ROLE: 'api', SENTRY_DSN: sentry.dsn, LOG_LEVEL: 'trace' });
    const running = await boot(readEnv(environment));
    const flush = jest.spyOn(running.faults, 'flush').mockImplementation(async () => {
      flush.mockRestore();
      running.faults.report(new Error('broke at the very end'));
      await running.faults.flush();
    });

    await running.close();

    expect(sentry.reports.map(({ exception }) => exception.values[0]?.value)).toContain('broke at the very end');
  });
});

describe('without a DSN', () => {
  it('Sentry is not even loaded: one file knows it, and loads it only then', () => {
    const knowing = readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => ({ name, text: readFileSync(join('src', name), 'utf8') }))
      .filter(({ text }) => text.includes('@sentry/'));
    expect(knowing.map(({ name }) => name)).toEqual([join('platform', 'observability', 'faults.ts')]);
    const [{ text } = { text: '' }] = knowing;
    expect([...text.matchAll(/.*'@sentry\/node'.*/g)].map(([line]) => line.trim())).toEqual([
      expect.stringMatching(/^import type /),
      expect.stringMatching(/^await import\(/),
    ]);
    expect(text.indexOf('if (!dsn) return')).toBeLessThan(text.indexOf('await import('));
  });
});

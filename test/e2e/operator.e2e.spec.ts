import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Api } from '../support/api.js';
import { ADMIN_KEY, anEnvironment } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { overhear } from '../support/canaries.js';
import { aMailbox, type Mailbox } from '../support/mailbox.js';
import { aDatabase } from '../support/servers.js';
import { aPort } from '../support/ports.js';

jest.setTimeout(60_000);

const ROOT = new URL('../..', import.meta.url).pathname;
const FAULT = /"level":"(error|fatal)"/;
let environment: NodeJS.ProcessEnv;
let mailbox: Mailbox;

beforeAll(async () => {
  mailbox = await aMailbox();
  const port = await aPort();
  environment = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    ...(await anEnvironment({ DATABASE_URL: await aDatabase({ migrated: false }), LOG_LEVEL: 'info' })),
    ENVIRONMENT: 'production',
    PORT: String(port),
  };
});

afterAll(() => mailbox.close());

interface Run {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly exit: Promise<number | null>;
}

/** What an operator types. The signal goes to npm, as from a process manager. */
function npm(script: string, settings: NodeJS.ProcessEnv = {}): Run {
  const child = spawn('npm', ['run', '--silent', script], { cwd: ROOT, env: { ...environment, ...settings } });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      overhear('an operator’s terminal', chunk.toString());
    });
  return { child, output: () => text, exit: once(child, 'close').then(([code]) => code as number | null) };
}

describe('an installation of one API process and one worker', () => {
  it('says what to do when the schema is not there', async () => {
    const api = npm('start:prod', { ROLE: 'api' });
    await expect(api.exit).resolves.toBe(1);
    expect(api.output()).toMatch(/^The schema is not up to date \(missing: .*\): run npm run migrate\.\n$/);
  });

  it('migrates once when two ask at the same time', async () => {
    const both = [npm('migrate'), npm('migrate')];
    expect(await Promise.all(both.map(({ exit }) => exit))).toEqual([0, 0]);
    expect(both.map(({ output }) => output().startsWith('Migrated: ')).sort()).toEqual([false, true]);
  });

  it('delivers what the one accepted and the other sent, and stops on SIGTERM', async () => {
    const api = npm('start:prod', { ROLE: 'api' });
    const worker = npm('worker');
    const url = `http://127.0.0.1:${environment.PORT}`;
    const operator = new Api(url, { Authorization: `Bearer ${ADMIN_KEY}` });
    await eventually(async () => (await operator.get('/utils/live')).status === 200, { withinMs: 30_000 });
    const { body } = await operator.post('/clients', { name: 'Shop' });
    const master = new Api(url, { Authorization: `Bearer ${body.masterKey}` });
    const settings = { host: '127.0.0.1', port: mailbox.port, from: 'shop@example.com' };
    expect((await master.post('/providers', { kind: 'smtp', name: 'Ours', settings })).status).toBe(201);

    const channels = { email: { subject: 'Hello', text: 'It works' } };
    const sent = await master.post('/notifications/send', { to: { email: 'ann@example.com' }, channels });
    const mail = await eventually(() => mailbox.received[0]);
    const status = () => master.get(`/notifications/${sent.body.id}`).then((reply) => reply.body.status as string);
    await eventually(async () => (await status()) === 'completed');
    for (const { child } of [api, worker]) child.kill('SIGTERM');

    expect(sent.status).toBe(202);
    expect(mail).toMatchObject({ recipients: ['ann@example.com'], from: 'shop@example.com' });
    expect(await Promise.all([api.exit, worker.exit])).toEqual([0, 0]);
    expect(`${api.output()}${worker.output()}`.split('\n').filter((line) => FAULT.test(line))).toEqual([]);
  });
});

it('lists what production lacks, all at once', async () => {
  const bare = { DATABASE_URL: undefined, REDIS_URL: undefined, SECRET_KEY: undefined, ADMIN_KEY: undefined };
  const start = npm('start:prod', bare);
  await expect(start.exit).resolves.toBe(1);
  for (const name of Object.keys(bare)) expect(start.output()).toContain(`${name}: is required`);
});

import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';
import { isRunning, type ProcessRef } from '../../src/quickstart/processes.js';

jest.setTimeout(120_000);

const ROOT = new URL('../..', import.meta.url).pathname;
const MAIN = join(ROOT, 'dist/quickstart/main.js');
const READY = 'Ctrl-C stops everything.';
const NOBODY = 65_534;
const AS_ROOT = process.getuid?.() === 0;
/** What npm, Jest and this run's servers put into the environment is not what a person has. */
const PLAIN_ENVIRONMENT = { PATH: process.env.PATH, HOME: process.env.HOME };

interface Run {
  readonly child: ChildProcess;
  readonly output: () => string;
  /** Resolves to the output when the banner is out; rejects with it when the process ends before. */
  readonly ready: () => Promise<string>;
  readonly exit: () => Promise<number | null>;
}

let folder: string;
let home: string;
let runs: Run[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chatapi-e2e-'));
  // As a checkout usually is: mkdtemp's own mode would keep PostgreSQL's user out.
  chmodSync(folder, 0o755);
  home = join(folder, '.chatapi');
  runs = [];
});

afterEach(async () => {
  for (const run of runs) await stop(run);
  const { postgresFolder } = remembered();
  for (const path of [folder, postgresFolder]) if (path) rmSync(path, { recursive: true, force: true });
});

function start(
  environment: NodeJS.ProcessEnv = {},
  command: readonly string[] = [process.execPath, MAIN],
  uid?: number,
): Run {
  const [program = '', ...args] = command;
  const env = { ...PLAIN_ENVIRONMENT, CHATAPI_HOME: home, PORT: '0', HOST: '127.0.0.1', ...environment };
  const child = spawn(program, args, {
    cwd: ROOT,
    env,
    uid,
    gid: uid,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const closed = once(child, 'close') as Promise<[number | null]>;
  const run: Run = {
    child,
    output: () => text,
    exit: async () => (await closed)[0],
    ready: () =>
      until(
        () => text.includes(READY),
        child,
        () => text,
      ),
  };
  runs.push(run);
  return run;
}

async function until(holds: () => boolean, child: ChildProcess, text: () => string): Promise<string> {
  while (!holds()) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`ended before it was ready:\n${text()}`);
    await pause(20);
  }
  return text();
}

async function stop({ child, exit }: Run, signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
  child.kill(signal);
  return exit();
}

/** The two servers, by number and time of birth. */
function servers(): ProcessRef[] {
  return (JSON.parse(readFileSync(join(home, 'running.json'), 'utf8')) as { children: ProcessRef[] }).children.filter(
    isRunning,
  );
}

function remembered(): { postgresFolder?: string; postgresPort?: number } {
  const file = join(home, 'remembered.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { postgresFolder?: string }) : {};
}

/** Everything that runs with this folder in its command line, or on its behalf. */
function running(): string[] {
  const { stdout } = spawnSync('grep', ['-l', '-a', '-F', '-e', home, ...processes()], { encoding: 'utf8' });
  return stdout.split('\n').filter(Boolean);
}

const processes = (): string[] =>
  execFileSync('sh', ['-c', 'echo /proc/[0-9]*/cmdline'], { encoding: 'utf8' }).trim().split(' ');
const line = (name: string, banner: string): string => new RegExp(`^  ${name} +(\\S+)`, 'm').exec(banner)?.[1] ?? '';

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('npm start', () => {
  it('ends with a running service, and stops all of it on SIGTERM', async () => {
    const run = start({}, ['npm', 'start']);
    const banner = await run.ready();
    const children = servers();

    expect((await fetch(`${line('API', banner)}/utils/health-check`)).status).toBe(200);
    expect((await fetch(`${line('Mail catcher', banner)}/email`)).status).toBe(200);
    expect(children).toHaveLength(2);
    await expect(stop(run)).resolves.toBe(0);
    expect(children.filter(isRunning)).toEqual([]);
    expect(running()).toEqual([]);
  });

  it('starts again at once after npm was killed', async () => {
    const killed = start({}, ['npm', 'start']);
    await killed.ready();
    killed.child.kill('SIGKILL');

    await expect(start({}, ['npm', 'start']).ready()).resolves.toContain('earlier start are kept');
  });
});

describe('the quickstart', () => {
  it('keeps data, keys and addresses from start to start, and says so', async () => {
    const first = start();
    const before = await first.ready();
    await query(line('PostgreSQL', before), 'CREATE TABLE kept (id int)');
    await stop(first, 'SIGINT');

    const after = await start().ready();
    await expect(query(line('PostgreSQL', after), 'SELECT * FROM kept')).resolves.toEqual([]);
    expect(after).toContain(`earlier start are kept: ${home}`);
    for (const name of ['PostgreSQL', 'Redis', 'Mail catcher', 'Admin key', 'Master key'])
      expect(line(name, after)).toBe(line(name, before));
  });

  it('starts again at once after kill -9', async () => {
    const first = start();
    await query(line('PostgreSQL', await first.ready()), 'CREATE TABLE kept (id int)');
    const orphans = servers();
    await stop(first, 'SIGKILL');

    const banner = await start().ready();
    await expect(query(line('PostgreSQL', banner), 'SELECT * FROM kept')).resolves.toEqual([]);
    expect(orphans.filter(isRunning)).toEqual([]);
  });

  it('leaves no server behind after kill -9, even when nobody starts it again', async () => {
    const run = start();
    await run.ready();
    await stop(run, 'SIGKILL');

    while (running().length > 0) await pause(50);
  });

  it('starts a server again that was killed under it', async () => {
    const run = start();
    const url = line('PostgreSQL', await run.ready());
    for (const { pid } of servers()) process.kill(pid, 'SIGKILL');

    await until(() => run.output().split('starting it again').length === 3, run.child, run.output);
    const answers = (): Promise<boolean> =>
      query(url, 'SELECT 1').then(
        () => true,
        () => false,
      );
    while (!(await answers())) await pause(50);
  });

  it('stops in the middle of a start', async () => {
    const run = start();
    await until(
      () => existsSync(join(home, 'postgres')) || existsSync(join(home, 'postgres.new')),
      run.child,
      run.output,
    );
    await expect(stop(run, 'SIGINT')).resolves.toBe(0);
    expect(running()).toEqual([]);
    expect(run.output()).not.toContain('at ');
  });
});

describe('one sentence with the cure, and exit code 1', () => {
  async function refusal(run: Run): Promise<string> {
    await expect(run.exit()).resolves.toBe(1);
    expect(run.output().trim()).not.toMatch(/\n|^ +at /m);
    expect(running()).toEqual([]);
    return run.output().trim();
  }

  it('when the port is taken', async () => {
    const neighbour = createServer().listen(0, '127.0.0.1');
    await once(neighbour, 'listening');
    const { port: taken } = neighbour.address() as AddressInfo;
    await expect(refusal(start({ PORT: String(taken) }))).resolves.toBe(
      `Port ${taken} is taken: stop what uses it or set PORT to another.`,
    );
    neighbour.close();
  });

  it('when the folder is in use', async () => {
    const first = start();
    await first.ready();
    const second = start();
    await expect(second.exit()).resolves.toBe(1);
    expect(second.output().trim()).toBe(
      `ChatAPI is already running on ${home} (process ${first.child.pid}): stop it first, or set CHATAPI_HOME and PORT for a second one.`,
    );
  });

  it('when the data is of an older PostgreSQL', async () => {
    const data = join(home, 'postgres');
    mkdirSync(data, { recursive: true });
    writeFileSync(join(data, 'PG_VERSION'), '15\n');
    if (AS_ROOT) chownSync(data, NOBODY, NOBODY);
    await expect(refusal(start())).resolves.toMatch(
      /was written by PostgreSQL 15, and this is PostgreSQL \d+: move that folder away/,
    );
  });

  it('when the folder is no folder', async () => {
    writeFileSync(home, '');
    await expect(refusal(start())).resolves.toContain(`${home} cannot be used`);
  });

  it('when data and password do not belong together', async () => {
    const run = start();
    await run.ready();
    await stop(run);
    rmSync(join(home, 'secrets.json'));
    await expect(refusal(start())).resolves.toContain('restore that file, or delete');
  });
});

it('lists every fault of the environment at once, before anything is started', async () => {
  const run = start({ PORT: 'eighty', ROLE: 'boss', WORK_CONCURRENCY: '0' });
  await expect(run.exit()).resolves.toBe(1);
  for (const name of ['PORT', 'ROLE', 'WORK_CONCURRENCY']) expect(run.output()).toContain(`${name}: `);
  expect(run.output()).not.toMatch(/eighty|boss|^ +at /m);
  expect(existsSync(home)).toBe(false);
});

(AS_ROOT ? describe : describe.skip)('started by root', () => {
  it('puts the data where PostgreSQL can go when that user cannot enter the folder', async () => {
    chmodSync(folder, 0o700);
    await start().ready();
    expect(dirname(remembered().postgresFolder ?? '')).toBe('/var/lib/chatapi');
    expect(existsSync(join(home, 'postgres'))).toBe(false);
  });

  const othersCanRead = spawnSync('test', ['-r', MAIN], { uid: NOBODY, gid: NOBODY }).status === 0;
  (othersCanRead ? it : it.skip)('works for an ordinary user in a folder of their own', async () => {
    mkdirSync(home);
    chownSync(home, NOBODY, NOBODY);
    const run = start({ HOME: folder }, [process.execPath, MAIN], NOBODY);
    const banner = await run.ready();
    expect((await fetch(`${line('API', banner)}/utils/health-check`)).status).toBe(200);
    await expect(stop(run)).resolves.toBe(0);
    expect(running()).toEqual([]);
  });
});

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRunning, type ProcessRef } from '../../src/quickstart/processes.js';
import { eventually } from './eventually.js';

const ROOT = new URL('../..', import.meta.url).pathname;
const READY = 'Ctrl-C stops everything.';
const NOT_IN_A_CLONE = new Set(['.chatapi', '.git', '.env', 'artifacts', 'coverage', 'node_modules']);
const SESSION_MS = 60_000;

export interface Said {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** `npm start` in a fresh clone, and the terminal beside it. */
export interface TestQuickstart {
  readonly banner: string;
  /** The two servers it started. */
  servers(): ProcessRef[];
  /** Runs a script of the given shell in the clone. */
  shell(program: 'sh' | 'bash', script: string): Promise<Said>;
  path(...names: string[]): string;
  /** As Ctrl-C in a terminal does not: to npm alone. @returns its exit code */
  stop(): Promise<number | null>;
  remove(): void;
}

/** Starts as a person does who cloned the repository and installed it, on a port that is free. */
export async function aQuickstart(): Promise<TestQuickstart> {
  const folder = aClone();
  const child = run('sh', 'exec npm start', folder, { PORT: '0', HOST: '127.0.0.1' });
  const output = collect(child);
  await eventually(
    () => {
      if (child.exitCode !== null) throw new Error(`It ended before it was ready:\n${output.out}${output.err}`);
      return output.out.includes(READY);
    },
    { withinMs: 60_000 },
  );
  const path = (...names: string[]) => join(folder, ...names);
  return {
    banner: output.out,
    path,
    servers: () =>
      (JSON.parse(readFileSync(path('.chatapi/running.json'), 'utf8')) as { children: ProcessRef[] }).children.filter(
        isRunning,
      ),
    shell: async (program, script) => {
      const session = run(program, script, folder, {}, SESSION_MS);
      const said = collect(session);
      const [status] = (await once(session, 'close')) as [number | null];
      return { status, ...said };
    },
    stop: async () => {
      const closed = once(child, 'close') as Promise<[number | null]>;
      child.kill('SIGTERM');
      return (await closed)[0];
    },
    remove: () => {
      for (const each of [folder, postgresFolder(path('.chatapi/remembered.json'))])
        if (each) rmSync(each, { recursive: true, force: true });
    },
  };
}

/** The working tree, and what is installed; no command that is run in it can harm the original. */
function aClone(): string {
  const folder = mkdtempSync(join(tmpdir(), 'chatapi-clone-'));
  chmodSync(folder, 0o755); // as a checkout usually is: PostgreSQL's user must get in
  for (const name of readdirSync(ROOT).filter((one) => !NOT_IN_A_CLONE.has(one)))
    cpSync(join(ROOT, name), join(folder, name), { recursive: true, preserveTimestamps: true });
  mkdirSync(join(folder, 'node_modules'));
  for (const name of readdirSync(join(ROOT, 'node_modules')))
    symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
  return folder;
}

/** What npm, Jest and this run's servers put into the environment is not what a person has. */
function run(
  program: string,
  script: string,
  cwd: string,
  settings: NodeJS.ProcessEnv = {},
  timeout?: number,
): ChildProcess {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...settings };
  return spawn(program, ['-c', script], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], timeout });
}

/** Where the data went when PostgreSQL's user cannot enter the clone. */
function postgresFolder(remembered: string): string | undefined {
  return existsSync(remembered)
    ? (JSON.parse(readFileSync(remembered, 'utf8')) as { postgresFolder?: string }).postgresFolder
    : undefined;
}

function collect(child: ChildProcess): { out: string; err: string } {
  const said = { out: '', err: '' };
  child.stdout?.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (said.err += chunk.toString()));
  return said;
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Api } from './api.js';
import { ADMIN_KEY } from './app.js';
import { overhear } from './canaries.js';
import { eventually } from './eventually.js';
import { aPort } from './ports.js';

const ROOT = new URL('../..', import.meta.url).pathname;
const MAIN = join(ROOT, 'dist/main.js');
const SAID_LAST = 4_000;

/** The compiled service as an operator runs it, in a process of its own that can be killed. */
export interface TestProcess {
  readonly url: string;
  readonly pid: number;
  readonly operator: Api;
  api(key: string): Api;
  /** All it wrote so far. */
  output(): string;
  /** As the kernel's out-of-memory killer would end it. */
  kill(): Promise<void>;
  /** As an operator stops it. @returns its exit code */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/**
 * Starts `dist/main.js`; an API process is ready when it answers, a worker when it says so.
 * @param nodeOptions what Node is told besides
 */
export async function aProcess(
  environment: NodeJS.ProcessEnv,
  nodeOptions: readonly string[] = [],
): Promise<TestProcess> {
  const begun = await beginProcess(environment, nodeOptions);
  const { url, output, hasEnded } = begun;
  const started = environment.ROLE === 'worker' ? () => output().includes('Workers are up') : () => answers(url);
  await eventually(async () => hasEnded() || (await started()), { withinMs: 30_000 });
  if (hasEnded()) throw new Error(`The process ended: ${output()}`);
  return begun;
}

/** The same, not waited for. */
export async function beginProcess(
  environment: NodeJS.ProcessEnv,
  nodeOptions: readonly string[] = [],
): Promise<TestProcess & { hasEnded(): boolean }> {
  const port = Number(environment.PORT) || (await aPort());
  const child = spawn(process.execPath, [...nodeOptions, MAIN], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, ...environment, PORT: String(port), LOG_LEVEL: 'info' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) listen(stream, (chunk) => (output += chunk));
  const url = `http://127.0.0.1:${port}`;
  const api = (key: string) => new Api(url, { Authorization: `Bearer ${key}` });
  return {
    url,
    pid: child.pid ?? 0,
    operator: api(ADMIN_KEY),
    api,
    output: () => output,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    kill: async () => {
      await ended(child, 'SIGKILL');
    },
    stop: async (signal = 'SIGTERM') => {
      const code = await ended(child, signal);
      if (code) process.stderr.write(`Ended with ${code}: ${output.slice(-SAID_LAST)}\n`);
      return code;
    },
  };
}

/** Whole lines are looked through, as they come. */
function listen(stream: Readable, hear: (chunk: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    hear(chunk);
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) overhear('the log of a process', line);
  });
}

async function answers(url: string): Promise<boolean> {
  return (await fetch(`${url}/api/v1/utils/live`)).ok;
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const exit = once(child, 'close') as Promise<[number | null]>;
  child.kill(signal);
  return (await exit)[0];
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { USERS } from '../builders/places.js';
import { ADMIN_KEY } from '../support/app.js';
import { type Call, callsOf } from '../support/calls.js';
import { type RouteHandler, routeHandlers } from '../support/handlers.js';
import type { Target } from './target.js';

/** A good call of an operation, with the key that may make it. */
export interface Good extends Call {
  readonly route: RouteHandler;
  readonly headers: Readonly<Record<string, string>>;
}

/** Of every operation, those whose address takes most from the caller first. */
export async function goodCalls({ one }: Target): Promise<Good[]> {
  const { place, client } = one;
  const all = await Promise.all(
    routeHandlers.map(async (route) => {
      const [call] = await callsOf(route, place);
      const key = route.scopes.includes('operator') ? ADMIN_KEY : client.masterKey;
      return { ...call, route, headers: { Authorization: `Bearer ${key}`, 'X-User-Id': USERS.owner } };
    }),
  );
  const inAddress = ({ route, path }: Good): number => (path.includes('?') ? 2 : 0) + route.path.split('{').length;
  // What is gone after the first call is of use once.
  return all.sort(
    (a, b) => Number(a.method === 'DELETE') - Number(b.method === 'DELETE') || inAddress(b) - inAddress(a),
  );
}

export interface Ran {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a tool to its end, or to the end of its time. */
export async function runTool(program: string, args: readonly string[], withinMs: number): Promise<Ran> {
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: process.env.TMPDIR ?? '/tmp', LANG: 'C.UTF-8', PYTHONWARNINGS: 'ignore' },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const timer = setTimeout(() => child.kill('SIGKILL'), withinMs);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(timer);
  return { code, output };
}

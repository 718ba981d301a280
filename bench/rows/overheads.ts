import { CONTENT } from '../content.js';
import { median } from '../figures.js';
import type { HttpLoadActor } from '../load/http-load.js';
import type { Bench } from '../bench.js';
import type { Row } from '../row.js';
import { aClient, aRoom, login, type ServiceProcess } from '../service.js';

const CONNECTIONS = 64;
const USERS = 16;
const WARM_UPS = 2;
/** As an operator runs it: a line for each request is logged, calls are counted against limits and measured. */
const EVERYTHING = { LOG_LEVEL: 'info' };
const WITHOUT = {
  limits: { ...EVERYTHING, BENCH_WITHOUT: 'limits' },
  metrics: { ...EVERYTHING, BENCH_WITHOUT: 'metrics' },
  logs: { LOG_LEVEL: 'warn' },
} as const;

/** `POST /messages` with everything on, beside the same with one part taken out: what limits, metrics and logs cost. */
export const overheads: Row = {
  name: 'overheads',
  async run(bench) {
    const load = bench.actor<HttpLoadActor>('load/http-load');
    const names = Object.keys(WITHOUT) as (keyof typeof WITHOUT)[];
    const places = [await aPlace(bench, EVERYTHING)];
    for (const name of names) places.push(await aPlace(bench, WITHOUT[name]));

    const rates = places.map((): number[] => []);
    const { seconds, rounds } = bench.effort;
    for (let round = -WARM_UPS; round < rounds; round++)
      for (const [n, { url, requests }] of places.entries()) {
        const { perSecond } = await load.call('http', { url, requests, connections: CONNECTIONS, seconds });
        if (round >= 0) rates[n]!.push(perSecond);
      }
    const [everything = 0, ...others] = rates.map(median);
    return others.map((without, n) => ({
      what: `POST /messages with everything on, beside the same without ${names[n]}`,
      unit: 'sends/s',
      budget: 'none',
      service: everything,
      baseline: without,
      baselineIs: `the same process without ${names[n]}`,
    }));
  },
};

interface Place {
  readonly url: string;
  readonly requests: { method: 'POST'; path: string; headers: { Authorization: string }; body: string }[];
}

/** A process with users who write into rooms of their own. */
async function aPlace(bench: Bench, settings: NodeJS.ProcessEnv): Promise<Place> {
  const service: ServiceProcess = await bench.service('api', await bench.environment(settings), 'unheard');
  const client = await aClient(service);
  const users = Array.from({ length: USERS }, (_, n) => `user-${n}`);
  const keys = await Promise.all(users.map((user) => login(client, user)));
  const rooms = await Promise.all(users.map((user) => aRoom(client, [user, 'another'])));
  const requests = keys.map((key, n) => ({
    method: 'POST' as const,
    path: '/api/v1/messages',
    headers: { Authorization: `Bearer ${key}` },
    body: JSON.stringify({ roomId: rooms[n]!, content: CONTENT }),
  }));
  return { url: service.url, requests };
}

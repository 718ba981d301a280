import type { HttpLoadActor } from '../load/http-load.js';
import type { Bench } from '../bench.js';
import type { Figure, Row } from '../row.js';
import { aClient, aRoom, type BenchClient, login, type ServiceProcess } from '../service.js';
import { CONTENT } from '../content.js';

const CONNECTIONS = 64;
const USERS = 16;
const ENOUGH = 1_000_000_000;
const QUOTAS = {
  ...{ messagesPerHour: ENOUGH, messagesPerDay: ENOUGH, notificationsPerHour: ENOUGH, notificationsPerDay: ENOUGH },
  channels: { websocket: { perHour: ENOUGH, perDay: ENOUGH } },
};

interface Request {
  readonly method: 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a client pays that is held to quotas, none of which is spent, beside one that is held to none, on the same process. */
export const quotas: Row = {
  name: 'quotas',
  async run(bench) {
    const service = await bench.service('api', await bench.environment());
    const [free, held] = await Promise.all([sender(service, {}), sender(service, QUOTAS)]);
    return [
      await compared(bench, 'POST /messages', service, [free.messages, held.messages]),
      await compared(bench, 'POST /notifications/send', service, [free.notifications, held.notifications]),
    ];
  },
};

async function compared(
  bench: Bench,
  what: string,
  service: ServiceProcess,
  [free, held]: readonly [readonly Request[], readonly Request[]],
): Promise<Figure> {
  const load = bench.actor<HttpLoadActor>('load/http-load');
  const { seconds } = bench.effort;
  const rate = async (requests: readonly Request[]): Promise<number> =>
    (await load.call('http', { url: service.url, requests, connections: CONNECTIONS, seconds })).perSecond;
  return {
    what: `${what} with quotas, ${CONNECTIONS} connections`,
    unit: 'sends/s',
    budget: { atLeast: 0.7, goal: 0.9 },
    ...(await bench.inTurn(
      () => rate(free),
      () => rate(held),
    )),
    baselineIs: 'the same for a client without',
  };
}

async function sender(service: ServiceProcess, limits: object) {
  const client = await aClient(service, limits);
  const users = Array.from({ length: USERS }, (_, n) => `user-${n}`);
  return { messages: await messagesOf(client, users), notifications: notificationsOf(client, users) };
}

const messagesOf = (client: BenchClient, users: readonly string[]): Promise<Request[]> =>
  Promise.all(
    users.map(async (user) => {
      const [key, roomId] = [await login(client, user), await aRoom(client, [user, 'another'])];
      return asked('/api/v1/messages', key, { roomId, content: CONTENT });
    }),
  );

const notificationsOf = ({ masterKey }: BenchClient, users: readonly string[]): Request[] =>
  users.map((userId) =>
    asked('/api/v1/notifications/send', masterKey, { to: { userId }, channels: { websocket: { body: CONTENT } } }),
  );

const asked = (path: string, key: string, body: object): Request => ({
  ...{ method: 'POST', path, headers: { Authorization: `Bearer ${key}` }, body: JSON.stringify(body) },
});

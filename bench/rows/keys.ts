import type { Bench } from '../bench.js';
import type { HttpLoadActor } from '../load/http-load.js';
import type { SocketLoadActor } from '../load/socket-load.js';
import { forgetVerified, usedKeys } from '../many-keys.js';
import type { Figure, Row } from '../row.js';
import { aClient, type BenchClient, login, type ServiceProcess } from '../service.js';

const CONNECTIONS = 16;
const USERS = 10_000;
const COLD_USERS = 200;
const AT_ONCE = 200;
const STORM_SECONDS = 30;

type Environment = Awaited<ReturnType<Bench['environment']>>;

/** What a key costs: known to the process, known to Redis after a restart, known to neither. */
export const keys: Row = {
  name: 'keys',
  async run(bench) {
    const environment = await bench.environment();
    const service = await bench.service('api', environment);
    const client = await aClient(service);
    return [
      await warm(bench, service, client),
      await storm(bench, environment, service, client),
      await cold(bench, environment, client),
    ];
  },
};

async function warm(bench: Bench, service: ServiceProcess, client: BenchClient): Promise<Figure> {
  const load = bench.actor<HttpLoadActor>('load/http-load');
  const rate = async (path: string): Promise<number> => {
    const requests = [{ method: 'GET' as const, path, headers: { Authorization: `Bearer ${client.masterKey}` } }];
    const { seconds } = bench.effort;
    return (await load.call('http', { url: service.url, requests, connections: CONNECTIONS, seconds })).perSecond;
  };
  const compared = await bench.inTurn(
    () => rate('/api/v1/utils/live'),
    () => rate('/api/v1/auth/me'),
  );
  return {
    what: 'GET /auth/me, a key the process knows',
    unit: 'calls/s',
    budget: 'none',
    ...compared,
    baselineIs: 'GET /utils/live of the same process: no key, no limits, no row',
  };
}

/** All of them come back after a restart, each with a key that this process has not seen. */
async function storm(
  bench: Bench,
  environment: Environment,
  before: ServiceProcess,
  client: BenchClient,
): Promise<Figure> {
  const users = Math.round(USERS * bench.effort.share);
  const known = await usedKeys(users, { environment, clientId: client.id });
  await before.stop();
  const service = await bench.service('api', environment);
  const seconds = await comeBack(bench, service, known);
  return {
    what: `${users.toLocaleString('en')} sockets with distinct keys reconnect after a restart`,
    unit: 's',
    budget: { under: STORM_SECONDS * bench.effort.share },
    service: seconds,
    note: `${AT_ONCE} handshakes at once; Redis knows the keys, the process does not`,
  };
}

async function cold(bench: Bench, environment: Environment, { masterKey }: BenchClient): Promise<Figure> {
  const users = Math.round(COLD_USERS * bench.effort.share);
  const before = await bench.service('api', environment);
  const client = { id: '', masterKey, master: before.api(masterKey) };
  const made: string[] = [];
  for (let n = 0; n < users; n++) made.push(await login(client, `cold-${n}`));
  await before.stop();
  await forgetVerified({ environment });
  const seconds = await comeBack(bench, await bench.service('api', environment), made);
  return {
    what: `the same, a key that Redis does not know either`,
    unit: 'ms each',
    budget: 'none',
    service: (seconds / users) * 1_000,
    note: `${users} keys, one bcrypt comparison each, in a worker thread`,
  };
}

async function comeBack(bench: Bench, service: ServiceProcess, known: readonly string[]): Promise<number> {
  const members = known.map((key) => ({ key, roomId: '' }));
  const crowd = bench.actor<SocketLoadActor>('load/socket-load');
  const seconds = await crowd.call('open', { url: service.url, members, readyEvent: 'ready', atOnce: AT_ONCE });
  await crowd.stop();
  return seconds;
}

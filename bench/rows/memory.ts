import type { SocketIoActor } from '../baselines/socket-io.js';
import type { Bench } from '../bench.js';
import type { SocketLoadActor } from '../load/socket-load.js';
import { usedKeys } from '../many-keys.js';
import { residentKb } from '../memory-of.js';
import type { Row } from '../row.js';
import { aClient } from '../service.js';

const SOCKETS = 10_000;
const AT_ONCE = 200;

interface Measured {
  readonly pid: number;
  collect(): Promise<void>;
}

/** Resident memory that idle sockets add, after collecting garbage. Each is another user's, with a key of its own. */
export const memory: Row = {
  name: 'memory',
  async run(bench) {
    const environment = await bench.environment();
    const service = await bench.service('api', environment);
    const bare = bench.actor<SocketIoActor>('baselines/socket-io');
    const bareUrl = await bare.call('listen', { databaseUrl: environment.DATABASE_URL, does: 'relay' });
    const client = await aClient(service);
    const sockets = Math.round(SOCKETS * bench.effort.share);
    const known = await usedKeys(sockets, { environment, clientId: client.id });
    const members = known.map((key) => ({ key, roomId: '' }));
    return [
      {
        what: `memory per idle socket, ${sockets.toLocaleString('en')} sockets`,
        unit: 'kB',
        budget: { atMost: 1.3 },
        baseline: await perSocket(bench, bare, { url: bareUrl, members, atOnce: AT_ONCE }),
        service: await perSocket(bench, service, { url: service.url, members, readyEvent: 'ready', atOnce: AT_ONCE }),
        baselineIs: 'bare Socket.IO, each socket in one room',
      },
    ];
  },
};

async function perSocket(
  bench: Bench,
  server: Measured,
  crowd: Parameters<SocketLoadActor['open']>[0],
): Promise<number> {
  const load = bench.actor<SocketLoadActor>('load/socket-load');
  // A first few, so that what is made once is not counted.
  await load.call('open', { ...crowd, members: crowd.members.slice(0, AT_ONCE) });
  await server.collect();
  const before = residentKb(server.pid);
  await load.call('open', { ...crowd, members: crowd.members.slice(AT_ONCE) });
  await server.collect();
  const added = residentKb(server.pid) - before;
  await load.stop();
  return added / (crowd.members.length - AT_ONCE);
}

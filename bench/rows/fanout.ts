import type { SocketIoActor } from '../baselines/socket-io.js';
import { CONTENT } from '../content.js';
import type { SocketLoadActor } from '../load/socket-load.js';
import type { Row } from '../row.js';
import { aClient, aRoom, login } from '../service.js';

const SOCKETS = 100;
const USERS = 10;
/** Enough in flight that the commits of the service are not what the sockets wait for. */
const IN_FLIGHT = 32;

/** One sender, a hundred hearers. The service stores each message and tells it to Redis, too. */
export const fanout: Row = {
  name: 'fanout',
  async run(bench) {
    const environment = await bench.environment();
    const service = await bench.service('api', environment);
    const bareUrl = await bench.actor<SocketIoActor>('baselines/socket-io').call('listen', {
      databaseUrl: environment.DATABASE_URL,
      does: 'relay',
    });
    const client = await aClient(service);
    const users = Array.from({ length: USERS }, (_, n) => `user-${n}`);
    const keys = await Promise.all(users.map((user) => login(client, user)));
    const roomId = await aRoom(client, users);
    const members = Array.from({ length: SOCKETS }, (_, n) => ({ key: keys[n % USERS]!, roomId }));
    const [bareLoad, load] = [0, 1].map(() => bench.actor<SocketLoadActor>('load/socket-load'));
    await bareLoad!.call('open', { url: bareUrl, members, atOnce: SOCKETS });
    await load!.call('open', { url: service.url, members, readyEvent: 'ready', atOnce: SOCKETS });
    const sending = { content: CONTENT, senders: 1, inFlight: IN_FLIGHT, seconds: bench.effort.seconds };
    const compared = await bench.inTurn(
      async () => (await bareLoad!.call('send', sending)).eventsPerSecond,
      async () => (await load!.call('send', sending)).eventsPerSecond,
    );
    return [
      {
        what: `a message to ${SOCKETS} sockets of its room`,
        unit: 'deliveries/s',
        budget: { atLeast: 0.8, goal: 1 },
        ...compared,
        baselineIs: 'bare Socket.IO emit to a room; nothing stored, no Redis',
      },
    ];
  },
};

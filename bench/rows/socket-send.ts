import type { SocketIoActor } from '../baselines/socket-io.js';
import { CONTENT } from '../content.js';
import type { SocketLoadActor } from '../load/socket-load.js';
import type { Row } from '../row.js';
import { aClient, aRoom, login } from '../service.js';

const SOCKETS = 64;
const IN_FLIGHT = 4;
const USERS = 16;

/** `message.send` until its acknowledgement, which comes after the commit. Each sender hears its own room. */
export const socketSend: Row = {
  name: 'socket-send',
  async run(bench) {
    const environment = await bench.environment();
    const service = await bench.service('api', environment);
    const bareUrl = await bench.actor<SocketIoActor>('baselines/socket-io').call('listen', {
      databaseUrl: environment.DATABASE_URL,
      does: 'store',
    });
    const client = await aClient(service);
    const users = Array.from({ length: USERS }, (_, n) => `user-${n}`);
    const keys = await Promise.all(users.map((user) => login(client, user)));
    const rooms = await Promise.all(users.map((user) => aRoom(client, [user, 'another'])));
    const members = Array.from({ length: SOCKETS }, (_, n) => ({ key: keys[n % USERS]!, roomId: rooms[n % USERS]! }));
    const [bareLoad, load] = [0, 1].map(() => bench.actor<SocketLoadActor>('load/socket-load'));
    await bareLoad!.call('open', { url: bareUrl, members, atOnce: SOCKETS });
    await load!.call('open', { url: service.url, members, readyEvent: 'ready', atOnce: SOCKETS });
    const sending = { content: CONTENT, senders: SOCKETS, inFlight: IN_FLIGHT, seconds: bench.effort.seconds };
    const compared = await bench.inTurn(
      async () => (await bareLoad!.call('send', sending)).perSecond,
      async () => (await load!.call('send', sending)).perSecond,
    );
    return [
      {
        what: `message.send → ok, ${SOCKETS} sockets × ${IN_FLIGHT} in flight`,
        unit: 'sends/s',
        budget: { atLeast: 0.6, goal: 0.8 },
        ...compared,
        baselineIs: 'bare Socket.IO + the same grouped insert, no broadcast',
      },
    ];
  },
};

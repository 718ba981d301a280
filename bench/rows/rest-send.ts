import { besideInsert } from '../beside-insert.js';
import type { SocketLoadActor } from '../load/socket-load.js';
import type { Row } from '../row.js';
import { aClient, aRoom, login } from '../service.js';
import { CONTENT } from '../content.js';

const CONNECTIONS = 64;
const USERS = 16;

/** `POST /messages` with everything on; each room has a listening socket, so the broadcast has a hearer. */
export const restSend: Row = {
  name: 'rest-send',
  async run(bench) {
    const environment = await bench.environment();
    const service = await bench.service('api', environment);
    const client = await aClient(service);
    const users = Array.from({ length: USERS }, (_, n) => `user-${n}`);
    const keys = await Promise.all(users.map((user) => login(client, user)));
    const rooms = await Promise.all(users.map((user) => aRoom(client, [user, 'another'])));
    const members = keys.map((key, n) => ({ key, roomId: rooms[n]! }));
    const listeners = bench.actor<SocketLoadActor>('load/socket-load');
    await listeners.call('open', { url: service.url, members, readyEvent: 'ready', atOnce: USERS });

    const requests = members.map(({ key, roomId }) => ({
      method: 'POST' as const,
      path: '/api/v1/messages',
      headers: { Authorization: `Bearer ${key}` },
      body: JSON.stringify({ roomId, content: CONTENT }),
    }));
    const calls = { databaseUrl: environment.DATABASE_URL, service, requests, connections: CONNECTIONS };
    return [
      {
        what: `POST /messages, ${CONNECTIONS} connections`,
        unit: 'sends/s',
        budget: { atLeast: 0.75, goal: 1 },
        ...(await besideInsert(bench, calls)),
      },
    ];
  },
};

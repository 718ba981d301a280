import { besideInsert } from '../beside-insert.js';
import { EMAIL } from '../content.js';
import type { Row } from '../row.js';
import { aClient } from '../service.js';

const CONNECTIONS = 64;

/** `POST /notifications/send` until its 202: notification, delivery and work row committed. Nobody works them off here. */
export const notificationAccept: Row = {
  name: 'notification-accept',
  async run(bench) {
    const environment = await bench.environment();
    const service = await bench.service('api', environment);
    const client = await aClient(service);
    const request = {
      method: 'POST' as const,
      path: '/api/v1/notifications/send',
      headers: { Authorization: `Bearer ${client.masterKey}` },
      body: JSON.stringify({ to: { email: 'ann@example.com' }, channels: { email: EMAIL } }),
    };
    const calls = { databaseUrl: environment.DATABASE_URL, service, requests: [request], connections: CONNECTIONS };
    return [
      {
        what: `POST /notifications/send, ${CONNECTIONS} connections`,
        unit: 'accepted/s',
        budget: { atLeast: 0.5, goal: 0.8 },
        ...(await besideInsert(bench, calls)),
      },
    ];
  },
};

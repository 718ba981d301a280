import type { HttpInsertActor } from '../baselines/http-insert.js';
import { EMAIL } from '../content.js';
import type { HttpLoadActor } from '../load/http-load.js';
import type { Row } from '../row.js';
import { aClient } from '../service.js';

const CONNECTIONS = 64;

/** `POST /notifications/send` until its 202: notification, delivery and work row committed. Nobody works them off here. */
export const notificationAccept: Row = {
  name: 'notification-accept',
  async run(bench) {
    const environment = await bench.environment();
    const service = await bench.service('api', environment);
    const bareUrl = await bench.actor<HttpInsertActor>('baselines/http-insert').call('listen', {
      databaseUrl: environment.DATABASE_URL,
    });
    const client = await aClient(service);
    const load = bench.actor<HttpLoadActor>('load/http-load');
    const request = {
      method: 'POST' as const,
      path: '/api/v1/notifications/send',
      headers: { Authorization: `Bearer ${client.masterKey}` },
      body: JSON.stringify({ to: { email: 'ann@example.com' }, channels: { email: EMAIL } }),
    };
    const { seconds } = bench.effort;
    const rate = async (url: string): Promise<number> =>
      (await load.call('http', { url, requests: [request], connections: CONNECTIONS, seconds })).perSecond;
    const compared = await bench.inTurn(
      () => rate(bareUrl),
      () => rate(service.url),
    );
    return [
      {
        what: `POST /notifications/send, ${CONNECTIONS} connections`,
        unit: 'accepted/s',
        budget: { atLeast: 0.5, goal: 0.8 },
        ...compared,
        baselineIs: 'node:http + one INSERT per request',
      },
    ];
  },
};

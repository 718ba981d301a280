import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newWebhookSecret, signatureHeaders } from '../../src/extension/index.js';
import { MAX_HOPS } from '../../src/platform/outbox/index.js';
import { aClient, aRoom, type TestClient } from '../builders/clients.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';

/** The service calls itself here, by each way that it has, because of what it was told by itself. */
let app: TestApp;
beforeAll(async () => {
  app = await anApp();
}, 60_000);
afterAll(() => app.close());

interface SeenEvent {
  readonly hops: number;
  readonly status: string;
  readonly reason: string | null;
}

/** A client whose source believes what is signed with `secret`, and where that is called. */
async function aSource(client: TestClient, secret: string, actions: (url: string) => object[]): Promise<string> {
  const event = 'again';
  const url = `${app.url}/webhooks/${client.slug}/${event}`;
  const verification = { scheme: 'standard', secret };
  const { status, body } = await client.master.post('/webhooks/sources', {
    event,
    verification,
    actions: actions(url),
  });
  expect([status, body.errors]).toEqual([201, undefined]);
  return url;
}

/** As another system does it; it says nothing of what led to it. */
async function told(url: string, secret: string): Promise<void> {
  const body = JSON.stringify({ begin: true });
  const headers = {
    'content-type': 'application/json',
    ...signatureHeaders({ id: 'begin', at: new Date(), body }, [secret]),
  };
  expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(200);
}

/** Every event that came in, once the last one is the one too many. */
const eventsOf = (client: TestClient): Promise<SeenEvent[]> =>
  eventually(async () => {
    const { data } = (await client.master.get('/webhooks/events?limit=100')).body as { data: SeenEvent[] };
    const isOver =
      data.some(({ reason }) => reason === 'loop') && data.every(({ status }) => !/accepted|processing/.test(status));
    if (!isOver) throw new Error(`Still ${JSON.stringify(data.map(({ hops, status }) => [hops, status]))}`);
    return [...data].sort((one, other) => one.hops - other.hops);
  });

const THROUGH = Array.from({ length: MAX_HOPS }, (_, hops) => ({ hops, status: 'completed', reason: null }));
const ALL = [...THROUGH, { hops: MAX_HOPS, status: 'ignored', reason: 'loop' }];

describe('what leads to itself comes to an end', () => {
  it('by what a rule hands on', async () => {
    const client = await aClient(app);
    const { secret } = (await client.master.post('/webhooks/signing-secret/rotate', {})).body as { secret: string };
    const url = await aSource(client, secret, (own) => [{ type: 'forward', params: { url: own } }]);
    await told(url, secret);

    expect(await eventsOf(client)).toMatchObject(ALL);
  });

  it('by notifications through the channel webhook', async () => {
    const client = await aClient(app);
    const { secret } = (await client.master.post('/webhooks/signing-secret/rotate', {})).body as { secret: string };
    const url = await aSource(client, secret, (own) => [
      { type: 'sendNotification', params: { to: [{ url: own }], channels: { webhook: { body: { again: true } } } } },
    ]);
    await told(url, secret);

    expect(await eventsOf(client)).toMatchObject(ALL);
  });

  it('by an endpoint that is told of messages', async () => {
    const client = await aClient(app);
    const roomId = await aRoom(client, { type: 'group', members: ['ann'] });
    const secret = newWebhookSecret();
    const url = await aSource(client, secret, () => [
      { type: 'sendMessage', params: { roomId, senderId: 'ann', content: 'Again' } },
    ]);
    await client.master.post('/webhooks/endpoints', { url, eventTypes: ['message.created'], secret });
    await client.master.as('ann').post('/messages', { roomId, content: 'The first' });

    expect(await eventsOf(client)).toMatchObject(ALL);
    const { data } = (await client.master.as('ann').get(`/messages?roomId=${roomId}`)).body as { data: object[] };
    expect(data).toHaveLength(1 + MAX_HOPS);
  });
});

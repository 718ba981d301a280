import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { aClient, type TestClient } from '../builders/clients.js';
import { anEmail, notificationOf, reached, send, type SeenDelivery, timelineOf } from '../builders/notifications.js';
import { aProvider } from '../builders/providers.js';
import { aMailgun, type FakeMailgun } from '../fakes/mailgun.js';
import type { VendorCall } from '../fakes/vendor.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { Opened } from '../support/opened.js';

const account = { apiKey: 'key-0123456789abcdef', domain: 'mg.example.com' };
const SLOTS = 10;
/** So that calls meet. */
const ANSWER_MS = 20;
const opened = new Opened();
let app: TestApp;
let client: TestClient;
let mailgun: FakeMailgun;

beforeAll(async () => {
  app = await anApp({ WORK_CONCURRENCY: String(SLOTS) });
}, 60_000);
afterAll(() => app.close());
beforeEach(async () => {
  client = await aClient(app);
  mailgun = await opened.keep(aMailgun(account));
  await aProvider(client, 'mailgun', { ...account, from: 'news@mg.example.com', baseUrl: mailgun.url });
});
afterEach(() => opened.closeAll());

const addresses = (count: number) => Array.from({ length: count }, (_none, n) => `user${n}@example.com`);
const sendTo = (to: readonly string[], email: object = {}) =>
  send(client, { to: to.map((address) => ({ email: address })), channels: { email: anEmail(email) } });
const sendingsOf = (fake: FakeMailgun) => fake.calls.filter(({ path }) => path.endsWith('/messages'));
const taken = { body: { id: '<4711@mg.example.com>', message: 'Queued. Thank you.' } };
const refusal = { status: 400, body: { message: "'to' parameter is not a valid address. please check documentation" } };
const names = ({ body }: VendorCall, address: string) => body.includes(address);

async function deliveriesOf(id: string): Promise<SeenDelivery[]> {
  const all: SeenDelivery[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const query: string = cursor && `&cursor=${cursor}`;
    const { body } = await client.master.get(`/notifications/${id}/deliveries?limit=100${query}`);
    all.push(...(body as { data: SeenDelivery[] }).data);
    cursor = (body as { nextCursor: string | null }).nextCursor;
  }
  return all;
}

describe('a notification to many, where the provider takes many in one call', () => {
  it('goes out in few calls, to each a mail of their own', async () => {
    const to = addresses(500);
    const id = await sendTo(to);
    await reached(client, id, 'completed');

    expect(mailgun.mails.map((mail) => mail.to).sort()).toEqual([...to].sort());
    expect(sendingsOf(mailgun).length).toBeLessThanOrEqual(10);
    const byAddress = new Map((await deliveriesOf(id)).map((delivery) => [delivery.recipient, delivery]));
    for (const { to: address, fields } of mailgun.mails)
      expect(fields['v:delivery-id']).toEqual([byAddress.get(address)?.id]);
    expect(new Set([...byAddress.values()].map(({ status, attempts }) => `${status} ${attempts}`))).toEqual(
      new Set(['sent 1']),
    );
  });

  it('goes one by one where copies go along, in the worker’s slots, and nothing of that is an attempt', async () => {
    const to = addresses(120);
    let [underWay, most] = [0, 0];
    mailgun.behave(async () => {
      most = Math.max(most, ++underWay);
      await delay(ANSWER_MS);
      underWay--;
      return taken;
    });
    const id = await sendTo(to, { cc: ['boss@example.com'] });
    await reached(client, id, 'completed');

    expect(sendingsOf(mailgun)).toHaveLength(120);
    for (const address of to) expect(sendingsOf(mailgun).filter((call) => names(call, address))).not.toEqual([]);
    expect(most).toBeLessThanOrEqual(SLOTS);
    expect((await timelineOf(client, id)).filter(({ type }) => type !== 'attempt').map(({ type }) => type)).toEqual([
      'accepted',
    ]);
    expect(new Set((await deliveriesOf(id)).map(({ attempts }) => attempts))).toEqual(new Set([1]));
  });

  it('reaches the others where one is refused', async () => {
    mailgun.behave((call) => (names(call, 'refused@example.com') ? refusal : taken));
    const id = await sendTo([...addresses(60), 'refused@example.com']);
    const { counts } = await reached(client, id, 'partially_failed');

    expect(counts).toMatchObject({ total: 61, open: 0, failed: 1 });
    expect((await deliveriesOf(id)).filter(({ status }) => status !== 'sent')).toMatchObject([
      { recipient: 'refused@example.com', status: 'failed', reason: 'invalid_recipient' },
    ]);
  });

  it('is tried again together when the call is lost', async () => {
    let calls = 0;
    mailgun.behave(() => (calls++ === 0 ? 'drop' : taken));
    const id = await sendTo(addresses(50));
    await eventually(() => calls > 0);

    await reached(client, id, 'completed');
    expect(calls).toBeLessThanOrEqual(10);
  });

  it('of two clients never shares a call', async () => {
    const other = await aClient(app);
    const theirs = await opened.keep(aMailgun(account));
    await aProvider(other, 'mailgun', { ...account, from: 'news@mg.example.com', baseUrl: theirs.url });
    const wish = (of: string) => ({
      to: addresses(100).map((address) => ({ email: `${of}.${address}` })),
      channels: { email: anEmail({ subject: of }) },
    });
    const [mine, its] = await Promise.all([send(client, wish('mine')), send(other, wish('theirs'))]);
    await reached(client, mine, 'completed');
    await reached(other, its, 'completed');

    expect(mailgun.mails).toHaveLength(100);
    expect(theirs.mails).toHaveLength(100);
    expect(mailgun.mails.every(({ to }) => to.startsWith('mine.'))).toBe(true);
    expect(theirs.mails.every(({ to }) => to.startsWith('theirs.'))).toBe(true);
    expect((await notificationOf(client, its)).id).toBeUndefined();
  });
});

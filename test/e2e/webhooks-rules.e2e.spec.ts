import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { EventsCleaning } from '../../src/modules/webhooks/events/events-cleaning.js';
import { aClient, type TestClient } from '../builders/clients.js';
import { reached } from '../builders/notifications.js';
import { anSmtpProvider, aProvider } from '../builders/providers.js';
import { aSource, call, eventOf, eventReached, faultsIn, signedCall, type TestSource } from '../builders/webhooks.js';
import { anFcm } from '../fakes/fcm.js';
import { aVendor } from '../fakes/vendor.js';
import { GITHUB, STRIPE } from '../fakes/webhook-senders.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { aMailbox } from '../support/mailbox.js';
import { Opened } from '../support/opened.js';
import { OpenSockets } from '../support/open-sockets.js';
import { rows } from '../support/rows.js';

let app: TestApp;
let client: TestClient;
const sockets = new OpenSockets();
const opened = new Opened();

beforeAll(async () => {
  app = await anApp();
}, 60_000);
afterAll(() => app.close());
beforeEach(async () => {
  client = await aClient(app);
});
afterEach(async () => {
  sockets.closeAll();
  await opened.closeAll();
});

/** An event of Stripe's with a body of the test's. @returns its id */
async function tell(source: TestSource, body: object = {}, secret = source.secret ?? ''): Promise<string> {
  const text = JSON.stringify({ id: `evt_${randomUUID()}`, ...body });
  const answer = await call(source.url, await signedCall(STRIPE, secret, { body: text }));
  if (answer.status !== 200) throw new Error(`Not taken: ${answer.text}`);
  return String(answer.body.id);
}

const room = (wish: object = {}) => ({
  type: 'createRoom',
  id: 'room',
  params: { type: 'group', name: 'Order', ...wish },
});
const message = (wish: object = {}) => ({
  type: 'sendMessage',
  params: { roomId: { $: 'steps.room.id' }, senderId: 'shop', content: 'Thank you', ...wish },
});
const forward = (url: string, wish: object = {}) => ({ type: 'forward', params: { url, ...wish } });
const roomsOf = async (of = client) => (await of.master.get('/rooms/all')).body.data as { id: string; name: string }[];
const messagesIn = async (roomId: string) =>
  (await client.master.get(`/messages?roomId=${roomId}`)).body.data as { content: string }[];

/** Has what waits for its next try tried now. */
const hasten = (eventId: string) =>
  rows(app, `UPDATE work_items SET run_at = now() - interval '2 seconds' WHERE id = $1 AND state = 'ready'`, [eventId]);

describe('one webhook makes a room, a message in it, an email and a push', () => {
  const rulesFor = (order: string, customer: string, email: string) => [
    {
      ...{ type: 'createRoom', id: 'room' },
      params: {
        type: 'support',
        name: { $: `join(' ', ['Order', ${order}])` },
        createdBy: 'shop',
        members: [{ $: customer }],
      },
    },
    message({ content: { $: `join('', ['Thank you for ', ${order}, '.'])` } }),
    {
      type: 'sendNotification',
      params: {
        to: { $: `[{userId: ${customer}}]` },
        channels: {
          email: {
            subject: { $: `join(' ', ['Your order', ${order}])` },
            text: { $: `join('', ['Hello ', ${email}])` },
          },
          push: { title: 'Thank you', body: { $: order }, data: { room: { $: 'steps.room.id' } } },
        },
      },
    },
  ];

  const STRIPE_SHAPED = {
    id: 'evt_1NG8Du2eZvKYlo2C',
    object: 'event',
    type: 'checkout.session.completed',
    data: { object: { id: 'cs_4711', client_reference_id: 'ann', customer_details: { email: 'ann@example.com' } } },
  };
  const GITHUB_SHAPED = {
    action: 'opened',
    issue: { number: 17, title: 'It does not start', user: { login: 'ann', email: 'ann@example.com' } },
    repository: { full_name: 'corner/shop' },
  };
  const cases = [
    {
      ...{ scheme: 'stripe', sender: STRIPE, payload: STRIPE_SHAPED, order: 'cs_4711' },
      rules: rulesFor(
        'payload.data.object.id',
        'payload.data.object.client_reference_id',
        'payload.data.object.customer_details.email',
      ),
    },
    {
      ...{ scheme: 'github', sender: GITHUB, payload: GITHUB_SHAPED, order: 'corner/shop#17' },
      rules: rulesFor(
        `join('#', [payload.repository.full_name, to_string(payload.issue.number)])`,
        'payload.issue.user.login',
        'payload.issue.user.email',
      ),
    },
  ];

  it.each(cases)('as $scheme sends it', async ({ scheme, sender, payload, order, rules }) => {
    const mailbox = await opened.keep(aMailbox());
    const fcm = await opened.keep(anFcm());
    await anSmtpProvider(client, mailbox);
    await aProvider(client, 'fcm', { serviceAccount: fcm.serviceAccount, baseUrl: fcm.url });
    await client.master.put('/users/ann', { email: 'ann@example.com' });
    await client.master.post('/users/ann/devices', { kind: 'fcm', token: 'a-phone' });
    const socket = await sockets.open('raw', app.url, (await client.login('ann')).apiKey);
    const source = await aSource(client, { verification: { scheme, secret: sender.secret }, actions: rules });

    const { body } = await call(source.url, await signedCall(sender, sender.secret, { body: JSON.stringify(payload) }));
    const event = await eventReached(client, body.id, 'completed');

    const heard = await socket.hears('message.created');
    expect(heard.data).toMatchObject({ senderId: 'shop', content: `Thank you for ${order}.` });
    expect(socket.of('room.created').concat(socket.of('member.joined')).length).toBeGreaterThan(0);
    expect(event.payload).toEqual(payload);
    const [made, said, sent] = event.actions;
    expect(made).toMatchObject({ status: 'done', attempts: 1, result: { name: `Order ${order}`, createdBy: 'shop' } });
    expect(said).toMatchObject({ status: 'done', result: { roomId: made?.result.id, seq: 1 } });
    await eventually(() => mailbox.received.length === 1 && fcm.messages.length === 1);
    await reached(client, String(sent?.result.id), 'completed', 'processing');
    expect(mailbox.received[0]?.mail).toMatchObject({
      subject: `Your order ${order}`,
      text: 'Hello ann@example.com\n',
    });
    expect(JSON.stringify(fcm.messages[0])).toContain(String(made?.result.id));
  });
});

describe('actions', () => {
  it('are done in their order, those whose condition does not hold are skipped', async () => {
    const actions = [
      { ...room(), when: 'payload.total > `100`' },
      { ...message(), when: 'steps.room' },
      { ...room({ name: 'Small' }), id: 'small', when: 'payload.total <= `100`' },
    ];
    const source = await aSource(client, { actions });
    const event = await eventReached(client, await tell(source, { total: 5 }), 'completed');

    expect(event.actions.map(({ id, status }) => `${id} ${status}`)).toEqual([
      'room skipped',
      'sendMessage skipped',
      'small done',
    ]);
    expect((await roomsOf()).map(({ name }) => name)).toEqual(['Small']);
  });

  it('that can never succeed fail the event at once, and what comes after waits for a replay', async () => {
    const { body } = await client.master.get('/rooms/all');
    expect(body.data).toEqual([]);
    const source = await aSource(client, { actions: [message({ roomId: { $: 'payload.room' } }), room()] });
    const failed = await eventReached(client, await tell(source, { room: 'no uuid' }), 'failed');
    expect(failed.reason).toBe('validation_failed');
    expect(failed.actions[0]).toMatchObject({
      ...{ status: 'failed', attempts: 1 },
      error: { code: 'validation_failed', message: '/roomId: roomId must be a UUID' },
    });
    expect(failed.actions[1]).toMatchObject({ status: 'pending', attempts: 0, endedAt: null });

    const gone = await eventReached(client, await tell(source, { room: randomUUID() }), 'failed');
    expect(gone.reason).toBe('not_found');
    const nobody = await aSource(client, {
      event: 'nobody',
      actions: [
        {
          type: 'sendNotification',
          params: { to: { userId: { $: 'payload.who' } }, channels: { email: { subject: 'x', text: 'x' } } },
        },
      ],
    });
    expect(await eventReached(client, await tell(nobody, { who: 'x' }), 'failed')).toMatchObject({
      reason: 'no_recipient',
    });
    expect(await roomsOf()).toEqual([]);
  });

  it('that fail for now are tried again, by the schedule, and hold back those after them', async () => {
    const vendor = await opened.keep(
      aVendor(() => ({ status: 503, headers: { 'retry-after': '120' }, body: 'later' })),
    );
    const source = await aSource(client, { actions: [forward(vendor.url), room()] });
    const id = await tell(source);
    const first = await eventually(async () => {
      const event = await eventOf(client, id);
      return event.actions[0]?.attempts === 1 && event;
    });
    expect(first).toMatchObject({
      status: 'processing',
      actions: [{ status: 'pending', error: { code: 'forward_refused' } }, { attempts: 0 }],
    });
    const [{ pause }] = await eventually(async () => {
      const [row] = await rows<{ pause: number }>(
        app,
        `SELECT extract(epoch FROM run_at - now())::float8 AS pause FROM work_items WHERE id = $1 AND state = 'ready'`,
        [id],
      );
      return row && ([row] as const);
    });
    expect(pause).toBeGreaterThan(100);

    vendor.behave(() => ({ status: 200, body: { ok: true } }));
    await hasten(id);
    const done = await eventReached(client, id, 'completed');
    expect(done.actions[0]).toMatchObject({ status: 'done', attempts: 2, result: { status: 200, body: { ok: true } } });
    expect(new Set(vendor.calls.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(await roomsOf()).toHaveLength(1);
  });

  it('are given up after the last try, and a replay does the rest, by the rules as they are now', async () => {
    const vendor = await opened.keep(aVendor(() => 'drop'));
    const source = await aSource(client, { actions: [room(), forward(vendor.url)] });
    const id = await tell(source);
    await eventually(
      async () => {
        await hasten(id);
        return (await eventOf(client, id)).status === 'failed';
      },
      { withinMs: 30_000 },
    );
    const failed = await eventOf(client, id);
    expect(failed).toMatchObject({
      reason: 'retries_exhausted',
      actions: [{ status: 'done' }, { status: 'failed', attempts: 7, error: { code: 'forward_failed' } }],
    });
    const ids = new Set(vendor.calls.map(({ headers }) => headers['webhook-id']));
    expect(ids.size).toBe(1);

    vendor.behave(() => ({ status: 200, body: 'fine' }));
    await client.master.patch(`/webhooks/sources/${source.id}`, {
      actions: [room({ name: 'Another' }), forward(vendor.url), message({ content: 'New' })],
    });
    const replay = await client.master.post(`/webhooks/events/${id}/replay`, {});
    expect(replay).toMatchObject({ status: 202, body: { id, status: 'accepted' } });
    const done = await eventReached(client, id, 'completed');
    expect(done.actions.map(({ status }) => status)).toEqual(['done', 'done', 'done']);
    expect(done.actions[1]).toMatchObject({ result: { status: 200, body: 'fine' } });
    // The room stays the first one: it was made.
    const [made] = await roomsOf();
    expect([made?.name, (await roomsOf()).length]).toEqual(['Order', 1]);
    expect((await messagesIn(made?.id ?? '')).map(({ content }) => content)).toEqual(['New']);
    expect(vendor.calls.at(-1)?.headers['webhook-id']).toBe([...ids][0]);
  }, 60_000);

  it('run by hand again do everything once more when that is said', async () => {
    const source = await aSource(client, { actions: [room(), message()] });
    const id = await tell(source);
    const before = await eventReached(client, id, 'completed');
    await client.master.post(`/webhooks/events/${id}/replay`, {});
    expect((await eventReached(client, id, 'completed')).actions[0]?.result).toEqual(before.actions[0]?.result);
    expect(await roomsOf()).toHaveLength(1);

    await rows(app, `UPDATE inbound_events SET received_at = received_at - interval '1 day' WHERE id = $1`, [id]);
    await rows(app, `DELETE FROM work_items WHERE id = $1`, [id]); // as after its retention
    await client.master.post(`/webhooks/events/${id}/replay`, { force: true });
    const after = await eventually(async () => {
      const event = await eventOf(client, id);
      return event.status === 'completed' && event.actions[0]?.result.id !== before.actions[0]?.result.id && event;
    });
    expect(await roomsOf()).toHaveLength(2);
    for (const event of [before, after]) expect(await messagesIn(String(event.actions[0]?.result.id))).toHaveLength(1);
  });

  it('read nothing but what they are given', async () => {
    const names = ['constructor', '__proto__', '"constructor".constructor', 'toString', 'hasOwnProperty'];
    const walks = names.flatMap((name) => [`payload.${name}`, `headers.${name}`, `steps.${name}`, `event.${name}`]);
    const metadata = Object.fromEntries(
      walks.filter((walk) => !/^steps/.test(walk)).map((walk, n) => [`w${n}`, { $: walk }]),
    );
    const refused = await client.master.post('/webhooks/sources', {
      ...{ event: 'x', verification: { scheme: 'stripe' } },
      actions: [
        room({ name: { $: '{{constructor}}' } }),
        room({ name: { $: 'constructor' } }),
        room({ name: { $: 'process.env' } }),
      ].map((one, n) => ({ ...one, id: `a${n}` })),
    });
    expect(faultsIn(refused)).toEqual([
      '/actions/0/params/name jmespath',
      '/actions/1/params/name unknown_name',
      '/actions/2/params/name unknown_name',
    ]);
    const source = await aSource(client, { actions: [room({ name: '{{payload.id}}', metadata })] });
    const { actions } = await eventReached(client, await tell(source, { __proto__: { x: 1 } }), 'completed');
    expect(actions[0]?.result.name).toBe('{{payload.id}}');
    expect(Object.values(actions[0]?.result.metadata as object).every((value) => value === null)).toBe(true);
  });

  it('of two clients with the same names never meet', async () => {
    const other = await aClient(app);
    const actions = [room({ createdBy: 'shop', members: ['ann'], name: { $: 'payload.name' } }), message()];
    const secret = STRIPE.secret;
    const [ours, theirs] = await Promise.all(
      [client, other].map((of) => aSource(of, { verification: { scheme: 'stripe', secret }, actions })),
    );
    const ids = await Promise.all([
      tell(ours!, { id: 'same', name: 'ours' }, secret),
      tell(theirs!, { id: 'same', name: 'theirs' }, secret),
    ]);
    await Promise.all([eventReached(client, ids[0], 'completed'), eventReached(other, ids[1], 'completed')]);

    expect((await roomsOf()).map(({ name }) => name)).toEqual(['ours']);
    expect((await roomsOf(other)).map(({ name }) => name)).toEqual(['theirs']);
    expect((await client.master.get(`/webhooks/events/${ids[1]}`)).status).toBe(404);
    const [foreign] = await roomsOf(other);
    const crossing = await aSource(client, { event: 'crossing', actions: [message({ roomId: foreign?.id })] });
    expect(await eventReached(client, await tell(crossing), 'failed')).toMatchObject({ reason: 'not_found' });
  });

  it('that call their own address end', async () => {
    const source = await aSource(client, { event: 'echo', verification: { scheme: 'none' } });
    await client.master.patch(`/webhooks/sources/${source.id}`, {
      actions: [forward(source.url, { body: { n: { $: `join('', [payload.n, 'x'])` } } })],
    });
    await call(source.url, { headers: { 'content-type': 'application/json' }, body: Buffer.from('{"n":"x"}') });
    const events = await eventually(async () => {
      const { data } = (await client.master.get('/webhooks/events?event=echo')).body;
      return data[0]?.status === 'ignored' && data.every(({ endedAt }: { endedAt: string | null }) => endedAt) && data;
    });

    expect(events.map(({ hops, status, reason }: Record<string, string>) => `${hops} ${status} ${reason}`)).toEqual([
      '5 ignored loop',
      ...[4, 3, 2, 1, 0].map((hops) => `${hops} completed null`),
    ]);
  });

  it('say in their headers what is kept sealed, shown masked, and given once', async () => {
    const vendor = await opened.keep(aVendor(() => ({})));
    const secret = `Bearer ${randomUUID()}`;
    const rule = (headers: object) => ({ ...forward(vendor.url, { headers }), id: 'out' });
    const source = await aSource(client, {
      actions: [rule({ Authorization: secret, 'X-Order': { $: 'payload.id' } })],
    });
    const change = (headers: object) =>
      client.master.patch(`/webhooks/sources/${source.id}`, { actions: [rule(headers)] });
    const masked = { Authorization: '••••' };

    const first = await eventReached(client, await tell(source), 'completed');
    const kept = await change({ ...masked, 'X-Same': 'yes' });
    const unknown = await change({ ...masked, 'X-Other': '••••' });
    await client.master.post(`/webhooks/events/${first.id}/replay`, { force: true });
    await eventually(() => vendor.calls.length === 2);
    const last = await eventReached(client, first.id, 'completed');

    expect(vendor.calls.map(({ headers }) => headers.authorization)).toEqual([secret, secret]);
    expect(vendor.calls[1]?.headers).toMatchObject({ 'x-same': 'yes' });
    expect(kept.body.actions[0].params.headers).toEqual({ ...masked, 'X-Same': '••••' });
    expect(faultsIn(unknown)).toEqual(['/actions/0/params/headers/X-Other masked']);
    expect(JSON.stringify([first, last, kept.body])).not.toContain(secret);
    for (const table of ['webhook_sources', 'inbound_events', 'inbound_actions'])
      expect(JSON.stringify(await rows(app, `SELECT * FROM ${table}`))).not.toContain(secret);
  });

  it('that forward are signed with the client’s secret, and go nowhere they must not', async () => {
    const vendor = await opened.keep(aVendor(() => ({ status: 201, body: { id: 7 } })));
    const { body: signing } = await client.master.post('/webhooks/signing-secret/rotate', {});
    const actions = [
      { ...forward(vendor.url, { headers: { 'X-Order': { $: 'payload.id' } } }), id: 'one' },
      forward(vendor.url, { method: 'PUT', body: { $: 'steps.one.body' } }),
    ];
    const source = await aSource(client, { actions });
    const event = await eventReached(client, await tell(source, { id: 'evt_7' }), 'completed');

    const [one, two] = vendor.calls;
    expect(JSON.parse(one?.body.toString() ?? '')).toEqual(event.payload);
    expect([one?.method, one?.headers['x-order'], one?.headers['x-chatapi-hops']]).toEqual(['POST', 'evt_7', '1']);
    expect([two?.method, two?.body.toString()]).toEqual(['PUT', '{"id":7}']);
    const { Webhook } = await import('standardwebhooks');
    for (const sent of vendor.calls)
      expect(() => new Webhook(String(signing.secret)).verify(sent.body.toString(), { ...sent.headers })).not.toThrow();

    const blocked = await aSource(client, { event: 'blocked', actions: [forward('http://169.254.169.254/latest')] });
    expect(await eventReached(client, await tell(blocked), 'failed')).toMatchObject({
      ...{ reason: 'ssrf_blocked' },
      actions: [{ attempts: 1, error: { message: 'The address is not one that this service may connect to.' } }],
    });
  });
});

it('what rules lead to is told to other systems as one hop further than the call was', async () => {
  const vendor = await opened.keep(aVendor(() => ({ status: 200 })));
  const eventTypes = ['room.created', 'message.created', 'notification.completed'];
  expect((await client.master.post('/webhooks/endpoints', { url: vendor.url, eventTypes })).status).toBe(201);
  const sent = { to: { userId: 'ann' }, channels: { websocket: { title: 'x' } } };
  const source = await aSource(client, {
    actions: [room(), message(), { type: 'sendNotification', params: sent }, forward(`${vendor.url}/forward`)],
  });
  const request = await signedCall(STRIPE, source.secret ?? '', { body: '{"id":"evt_1"}' });
  await call(source.url, { ...request, headers: { ...request.headers, 'x-chatapi-hops': '2' } });

  const told = await eventually(() => vendor.calls.length === 4 && vendor.calls);
  expect(told.map(({ headers }) => headers['x-chatapi-hops'])).toEqual(['3', '3', '3', '3']);
});

it('a dry run shows what would be done, and makes nothing', async () => {
  const vendor = await opened.keep(aVendor(() => ({ status: 200, body: 'no' })));
  const actions = [
    room({ name: { $: `join(' ', ['Order', payload.id])` } }),
    message({ content: { $: 'payload.text' } }),
    { ...forward(vendor.url), when: 'payload.large' },
    {
      type: 'sendNotification',
      params: { to: { $: 'payload.to' }, channels: { email: { subject: { $: 'join(`1`, payload.id)' }, text: 'x' } } },
    },
  ];
  const source = await aSource(client, { actions });
  const everything = () =>
    rows(
      app,
      `SELECT (SELECT count(*) FROM rooms WHERE client_id = $1) AS rooms, (SELECT count(*) FROM inbound_events WHERE client_id = $1) AS events`,
      [client.id],
    );
  const before = await everything();
  const trial = async (payload: unknown) =>
    (await client.master.post(`/webhooks/sources/${source.id}/test`, { payload })).body.actions;

  const [made, said, forwarded, sent] = await trial({ id: '4711', text: 'Hello', to: { userId: 'ann' } });
  expect(made).toMatchObject({ id: 'room', wouldRun: true, params: { name: 'Order 4711' }, faults: [] });
  expect(said).toMatchObject({
    wouldRun: true,
    params: { content: 'Hello', roomId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
  });
  expect(forwarded).toEqual({ id: 'forward', type: 'forward', wouldRun: false, faults: [] });
  expect(sent).toMatchObject({
    wouldRun: false,
    faults: [{ pointer: '/params/channels/email/subject', code: 'expression_failed' }],
  });

  const [, missing] = await trial({ id: '4711', text: 7 });
  expect(missing).toMatchObject({ wouldRun: false, params: { content: 7 } });
  expect(missing.faults.map(({ pointer }: { pointer: string }) => pointer)).toContain('/params/content');
  expect(await everything()).toEqual(before);
  expect(vendor.calls).toEqual([]);
});

it('events are listed newest first, by source, name and status', async () => {
  const [one, two] = [await aSource(client), await aSource(client, { event: 'other' })];
  const ids = [await tell(one), await tell(two), await tell(one)];
  const list = async (query: string) =>
    ((await client.master.get(`/webhooks/events${query}`)).body.data as { id: string }[]).map(({ id }) => id);

  expect(await list('')).toEqual(ids.toReversed());
  expect(await list(`?source=${one.id}`)).toEqual([ids[2], ids[0]]);
  expect(await list('?event=other&status=completed')).toEqual([ids[1]]);
  const first = (await client.master.get('/webhooks/events?limit=2')).body;
  expect(await list(`?limit=2&cursor=${first.nextCursor}`)).toEqual([ids[0]]);
});

it('what came is kept for as long as is set, and what is under way longer', async () => {
  const vendor = await opened.keep(aVendor(() => ({ status: 503 })));
  const done = await aSource(client);
  const waiting = await aSource(client, { event: 'waiting', actions: [forward(vendor.url)] });
  const [old, fresh, open] = [await tell(done), await tell(done), await tell(waiting)];
  await eventually(async () => (await eventOf(client, open)).actions[0]?.attempts === 1);
  await rows(app, `UPDATE inbound_events SET received_at = received_at - interval '31 days' WHERE id = ANY ($1)`, [
    [old, open],
  ]);
  await rows(app, `UPDATE inbound_keys SET expires_at = now() WHERE event_id = ANY ($1)`, [[old]]);

  await app.part(EventsCleaning).clean();

  const left = await Promise.all([old, fresh, open].map((id) => client.master.get(`/webhooks/events/${id}`)));
  expect(left.map(({ status }) => status)).toEqual([404, 200, 200]);
  expect(await rows(app, `SELECT key FROM inbound_keys WHERE client_id = $1`, [client.id])).toHaveLength(2);
  expect(await rows(app, `SELECT id FROM inbound_actions WHERE event_id = $1`, [old])).toEqual([]);
});

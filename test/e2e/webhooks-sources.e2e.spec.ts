import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { aClient, type TestClient } from '../builders/clients.js';
import { aSource, faultsIn } from '../builders/webhooks.js';
import { HMAC_SETTINGS } from '../fakes/webhook-senders.js';
import { anApp, type TestApp } from '../support/app.js';

let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  app = await anApp({ PUBLIC_URL: 'https://chat.example/behind' });
}, 60_000);
afterAll(() => app.close());
beforeEach(async () => {
  client = await aClient(app);
});

const add = (wish: object) =>
  client.master.post('/webhooks/sources', { event: 'order.paid', verification: { scheme: 'stripe' }, ...wish });
const faultsOf = async (wish: object): Promise<string[]> => {
  const refused = await add(wish);
  return [`${refused.status}`, ...faultsIn(refused)];
};
const room = { type: 'createRoom', params: { type: 'group' } };

it('a source has an address, and a secret that is shown once', async () => {
  const { status, body } = await add({ actions: [room], description: 'Payments' });
  expect(status).toBe(201);
  expect(body).toMatchObject({
    url: `https://chat.example/behind/api/v1/webhooks/${client.slug}/order.paid`,
    verification: { scheme: 'stripe', toleranceSeconds: 300 },
    actions: [{ id: 'createRoom', type: 'createRoom', params: { type: 'group' } }],
    ...{ dedupeHours: 72, trustBody: false, enabled: true, insecure: false, warning: null, description: 'Payments' },
  });
  const { secret, ...shown } = body;
  expect(secret).toEqual(expect.any(String));
  expect((await client.master.get(`/webhooks/sources/${body.id}`)).body).toEqual(shown);
  expect((await client.master.get('/webhooks/sources')).body).toEqual({ data: [shown], nextCursor: null });

  expect((await client.master.delete(`/webhooks/sources/${body.id}`)).status).toBe(204);
  for (const method of ['get', 'delete'] as const)
    expect((await client.master[method](`/webhooks/sources/${body.id}`)).status).toBe(404);
});

it('without PUBLIC_URL the address is that of the request', async () => {
  const other = await app.another({ PUBLIC_URL: undefined });
  const { body } = await other
    .api(client.masterKey)
    .post('/webhooks/sources', { event: 'x', verification: { scheme: 'github' } });
  expect(body.url).toBe(`${other.url}/api/v1/webhooks/${client.slug}/x`);
});

it('an event has one source, at once too', async () => {
  const answers = await Promise.all([1, 2, 3].map(() => add({})));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
  expect(answers.find(({ status }) => status === 409)?.body.code).toBe('source_exists');
  const other = await aClient(app);
  await aSource(other);
});

it('a call that is repeated makes one source, and has the same secret', async () => {
  const once = { 'Idempotency-Key': 'a' };
  const wish = { event: 'x', verification: { scheme: 'standard' } };
  const [first, again] = [
    await client.master.post('/webhooks/sources', wish, once),
    await client.master.post('/webhooks/sources', wish, once),
  ];
  expect(again.body).toEqual(first.body);
  expect(first.body.secret).toMatch(/^whsec_/);
});

describe('verification', () => {
  it.each(['standard', 'stripe', 'github', 'shopify', 'slack', 'mailgun'])('by %s has a secret', async (scheme) => {
    expect((await add({ verification: { scheme } })).body.secret).toEqual(expect.any(String));
    const given = await add({
      event: 'given',
      verification: { scheme, secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' },
    });
    expect([given.status, given.body.secret]).toEqual([201, undefined]);
  });

  it('by nothing says so, wherever the source is shown', async () => {
    const { body } = await add({ verification: { scheme: 'none' } });
    expect(body).not.toHaveProperty('secret');
    const shown = [
      body,
      (await client.master.get(`/webhooks/sources/${body.id}`)).body,
      (await client.master.get('/webhooks/sources')).body.data[0],
      (await client.master.patch(`/webhooks/sources/${body.id}`, { description: 'x' })).body,
    ];
    for (const one of shown)
      expect(one).toMatchObject({ insecure: true, warning: expect.stringContaining('whoever knows the address') });
    const rotated = await client.master.post(`/webhooks/sources/${body.id}/rotate-secret`, {});
    expect([rotated.status, ...faultsIn(rotated)]).toEqual([400, '/secret required']);
  });

  it.each<[object, string[]]>([
    [{}, ['/verification/scheme unknown_scheme']],
    [{ scheme: 'md5' }, ['/verification/scheme unknown_scheme']],
    [{ scheme: 'toString' }, ['/verification/scheme unknown_scheme']],
    [{ scheme: 'none', secret: 'x' }, ['/verification/secret not_used']],
    [
      { scheme: 'stripe', header: 'x', toleranceSeconds: 0 },
      ['/verification/toleranceSeconds min', '/verification/header unknown_field'],
    ],
    [{ scheme: 'standard', secret: 'whsec_%' }, ['/verification/secret secret_form']],
    [{ scheme: 'hmac' }, ['/verification/header max_length', '/verification/header matches']],
    [{ ...HMAC_SETTINGS, scheme: 'hmac', timestampHeader: undefined }, ['/verification/timestampHeader required']],
  ])('that is %j is refused', async (verification, faults) => {
    const [status, ...found] = await faultsOf({ verification });
    expect(status).toBe('400');
    expect(found).toEqual(expect.arrayContaining(faults));
  });

  it('names the schemes there are', async () => {
    const { body } = await add({ verification: { scheme: 'md5' } });
    expect(body.errors[0].message).toMatch(/there are: .*hmac.*stripe/);
  });

  it('changes by what is sent of it; another scheme begins anew, with a secret of its own', async () => {
    const { body } = await add({ verification: { scheme: 'hmac', ...HMAC_SETTINGS } });
    const change = (verification: object) => client.master.patch(`/webhooks/sources/${body.id}`, { verification });
    expect((await change({ toleranceSeconds: 60 })).body.verification).toEqual({
      ...{ scheme: 'hmac', ...HMAC_SETTINGS, toleranceSeconds: 60 },
    });
    const other = (await change({ scheme: 'github' })).body;
    expect(other.verification).toEqual({ scheme: 'github', toleranceSeconds: 300 });
    expect(other.secret).toEqual(expect.any(String));
    expect((await change({ scheme: 'none' })).body).toMatchObject({ insecure: true });
  });
});

describe('rules', () => {
  const message = {
    type: 'sendMessage',
    params: { roomId: { $: 'steps.createRoom.id' }, senderId: 'shop', content: 'Hi' },
  };

  it('that can be meant are saved', async () => {
    const everything = [
      room,
      message,
      {
        ...{ type: 'sendNotification', id: 'mail', when: 'payload.mail' },
        params: {
          to: { userId: { $: 'payload.who' } },
          channels: { email: { subject: { $: 'payload.subject' }, text: 'x' } },
          tags: ['x', { $: 'event.name' }],
        },
      },
      {
        type: 'forward',
        params: { url: { $: 'payload.url' }, headers: { 'x-a': { $: 'event.id' } }, body: [{ $: 'steps.mail' }] },
      },
      { type: 'createRoom', id: 'r2', params: { $: 'payload.room' } },
      {
        type: 'createRoom',
        id: 'r3',
        params: { type: 'group', members: ['ann', { $: 'payload.who' }], settings: { $: 'payload.s' } },
      },
    ];
    const { status, body } = await add({ actions: everything });
    expect([status, body.errors]).toEqual([201, undefined]);
  });

  it.each<[string, unknown, string[]]>([
    ['no list', {}, ['/actions is_array']],
    ['too many', Array.from({ length: 21 }, () => room), ['/actions array_max_size']],
    ['no action', [7], ['/actions/0 is_object']],
    ['of no type', [{ type: 'dance', params: {} }], ['/actions/0/type is_in']],
    ['twice of one id', [room, room], ['/actions/1/id duplicate']],
    ['with an odd id', [{ ...room, id: 'a-b' }], ['/actions/0/id matches']],
    ['with unknown fields', [{ ...room, x: 1, params: { type: 'group', y: 1 } }], ['/actions/0/x unknown_field']],
    ['with unknown params', [{ ...room, params: { type: 'group', y: 1 } }], ['/actions/0/params/y unknown_field']],
    ['without what is required', [{ ...room, params: {} }], ['/actions/0/params/type is_in']],
    [
      'of a wrong shape',
      [{ ...room, params: { type: 'group', name: ['x'], members: { $: 7 } } }],
      ['/actions/0/params/members expression', '/actions/0/params/name is_string'],
    ],
    ['with an unfinished condition', [{ ...room, when: 'payload.' }], ['/actions/0/when jmespath']],
    [
      'with a later step',
      [{ ...room, params: { type: 'group', name: { $: 'steps.later.id' } } }],
      ['/actions/0/params/name unknown_name'],
    ],
    ['with a step of its own', [{ ...room, when: 'steps.createRoom' }], ['/actions/0/when unknown_name']],
    [
      'with an unknown name',
      [{ ...room, params: { type: 'group', name: { $: 'body.id' } } }],
      ['/actions/0/params/name unknown_name'],
    ],
    [
      'without a sender',
      [{ ...message, params: { ...message.params, roomId: 'x', senderId: undefined } }],
      ['/actions/0/params/roomId is_uuid', '/actions/0/params/senderId required'],
    ],
    [
      'to an odd address',
      [{ type: 'forward', params: { url: 'ftp://x', headers: { host: 'x' } } }],
      ['/actions/0/params/url is_url', '/actions/0/params/headers headers'],
    ],
    [
      'of an unknown channel',
      [{ type: 'sendNotification', params: { to: { userId: 'x' }, channels: { pigeon: {} } } }],
      ['/actions/0/params/channels/pigeon unknown_field'],
    ],
    [
      'with a wrong content',
      [{ type: 'sendNotification', params: { to: [{ email: 'x' }], channels: { email: {} } } }],
      ['/actions/0/params/to/0/email is_email'],
    ],
    [
      'too large',
      [{ ...room, params: { type: 'group', metadata: { a: 'x'.repeat(70_000) } } }],
      ['/actions max_bytes'],
    ],
  ])('%s are refused', async (_what, actions, faults) => {
    const [status, ...found] = await faultsOf({ actions });
    expect(status).toBe('400');
    expect(found).toEqual(expect.arrayContaining(faults));
  });

  it('are refused together with what else is wrong', async () => {
    const faults = await faultsOf({ verification: { scheme: 'x' }, actions: [{ ...room, params: {} }] });
    expect(faults).toEqual(
      expect.arrayContaining(['/verification/scheme unknown_scheme', '/actions/0/params/type is_in']),
    );
    const { id } = await aSource(client);
    const changed = await client.master.patch(`/webhooks/sources/${id}`, { actions: [{ ...room, params: {} }] });
    expect([changed.status, ...faultsIn(changed)]).toEqual([400, '/actions/0/params/type is_in']);
  });
});

it.each([
  ['/event', { event: 'a b' }],
  ['/event', { event: 'x'.repeat(101) }],
  ['/dedupeHours', { dedupeHours: 721 }],
  ['/enabled', { enabled: 'yes' }],
  ['/x', { x: 1 }],
])('%s is refused in %j', async (pointer, wish) => {
  const refused = await add(wish);
  expect(refused.status).toBe(400);
  expect(faultsIn(refused).some((fault) => fault.startsWith(`${pointer} `))).toBe(true);
});

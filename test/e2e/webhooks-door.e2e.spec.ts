import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Webhook } from 'svix';
import type { InboundRequest } from '../../src/extension/index.js';
import { aClient, type TestClient } from '../builders/clients.js';
import { aSource, atRoot, call, type DoorReply, faultsIn, signedCall, type TestSource } from '../builders/webhooks.js';
import {
  GITHUB,
  HMAC,
  HMAC_SETTINGS,
  MAILGUN,
  type Sender,
  SHOPIFY,
  SLACK,
  STANDARD,
  STRIPE,
} from '../fakes/webhook-senders.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { rows } from '../support/rows.js';

let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  app = await anApp({ DATABASE_POOL_SIZE: '30' }); // for many at once who wait for one row
}, 60_000);
afterAll(() => app.close());
beforeEach(async () => {
  client = await aClient(app);
});

const TOLERANCE = 300;
const offset = (seconds: number): Date => new Date(Date.now() + seconds * 1_000);

interface Case {
  readonly sender: Sender;
  readonly settings?: object;
  /** It signs a time, too. */
  readonly isTimed: boolean;
  /** Without any of these it is no call of the sender's. */
  readonly needs: readonly string[];
}
const CASES: Readonly<Record<string, Case>> = {
  standard: { sender: STANDARD, isTimed: true, needs: ['webhook-id', 'webhook-timestamp', 'webhook-signature'] },
  hmac: { sender: HMAC, settings: HMAC_SETTINGS, isTimed: true, needs: ['x-acme-time', 'x-acme-signature'] },
  stripe: { sender: STRIPE, isTimed: true, needs: ['stripe-signature'] },
  github: { sender: GITHUB, isTimed: false, needs: ['x-hub-signature-256'] },
  shopify: { sender: SHOPIFY, isTimed: false, needs: ['x-shopify-hmac-sha256'] },
  slack: { sender: SLACK, isTimed: true, needs: ['x-slack-request-timestamp', 'x-slack-signature'] },
};

const aSourceOf = (scheme: string, secret: string, settings: object = {}, of = client) =>
  aSource(of, { verification: { scheme, secret, ...settings } });

const withHeaders = (request: InboundRequest, change: (headers: Record<string, string>) => void): InboundRequest => {
  const headers = { ...request.headers };
  change(headers);
  return { ...request, headers };
};

const without = (request: InboundRequest, header: string): InboundRequest => ({
  ...request,
  headers: Object.fromEntries(Object.entries(request.headers).filter(([name]) => name !== header)),
});

const flipped = (request: InboundRequest, at: number): InboundRequest => {
  const body = Buffer.from(request.body);
  body[at] = body[at]! ^ 1;
  return { ...request, body };
};

describe.each(Object.entries(CASES))('a source of the scheme %s', (scheme, { sender, settings, isTimed, needs }) => {
  let source: TestSource;
  const signed = (wish: { at?: Date; body?: string; secret?: string } = {}) =>
    signedCall(sender, wish.secret ?? sender.secret, wish);
  const knock = async (request: InboundRequest) => call(source.url, request);

  beforeEach(async () => {
    source = await aSourceOf(scheme, sender.secret, settings);
  });

  it('takes what its sender signs, at both addresses', async () => {
    const accepted = await knock(await signed());
    const again = await call(atRoot(app, client), await signed());

    expect(accepted).toMatchObject({ status: 200, body: { status: 'accepted' } });
    // The time is part of what some sign.
    expect(again).toMatchObject({ status: 200, body: { status: expect.stringMatching(/accepted|duplicate/) } });
    const stored = await rows<{ body: Buffer }>(app, 'SELECT body FROM inbound_events WHERE id = $1', [
      accepted.body.id,
    ]);
    expect(stored[0]?.body.equals((await signed()).body)).toBe(true);
  });

  it('refuses whatever is not exactly that, in the same bytes', async () => {
    const right = await signed();
    const bytes = [...right.body.keys()];
    const some = bytes.filter((at) => at % Math.ceil(bytes.length / 12) === 0 || at === bytes.length - 1);
    const refused: InboundRequest[] = [
      ...some.map((at) => flipped(right, at)),
      { ...right, body: Buffer.from(JSON.stringify(JSON.parse(right.body.toString()))) },
      { ...right, body: Buffer.concat([right.body, Buffer.from('\n')]) },
      { ...right, body: Buffer.alloc(0) },
      { ...right, body: Buffer.from(right.body.toString(), 'utf16le') },
      ...needs.map((name) => without(right, name)),
      ...needs.map((name) => withHeaders(right, (headers) => (headers[name] = `x${headers[name]}`))),
      ...needs.map((name) => withHeaders(right, (headers) => (headers[name] = ''))),
      await signed({ secret: scheme === 'standard' ? 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' : 'another' }),
      ...(isTimed ? [await signed({ at: offset(-TOLERANCE - 2) }), await signed({ at: offset(TOLERANCE + 60) })] : []),
    ].filter(({ headers, body }) => !(body.equals(right.body) && headers === right.headers));

    const answers = await Promise.all(refused.map(knock));

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers[0]?.body).toMatchObject({ code: 'invalid_signature', status: 401 });
    expect(await rows(app, 'SELECT id FROM inbound_events WHERE client_id = $1', [client.id])).toEqual([]);
  });

  it('takes what is signed up to the edge of its tolerance', async () => {
    for (const seconds of isTimed ? [-TOLERANCE + 20, TOLERANCE - 20] : [])
      expect((await knock(await signed({ at: offset(seconds) }))).status).toBe(200);
  });
});

it('a source of the scheme standard takes what Svix signs with its own headers', async () => {
  const source = await aSource(client, { verification: { scheme: 'standard' } });
  const body = '{"type": "user.created", "data": {"id": "ann"}}';
  const at = new Date();
  const signature = new Webhook(source.secret ?? '').sign('msg_2Lh9KRb0pzN4LePd3XiA4v12Axj', at, body);
  const headers = {
    ...{ 'content-type': 'application/json', 'svix-id': 'msg_2Lh9KRb0pzN4LePd3XiA4v12Axj' },
    ...{ 'svix-timestamp': String(Math.floor(at.getTime() / 1_000)), 'svix-signature': `${signature} v1,other` },
  };
  const answers = [body, body.replace('ann', 'bob')].map((text) =>
    call(source.url, { headers, body: Buffer.from(text) }),
  );

  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 401]);
});

it('a source of Mailgun’s knows an event by its token', async () => {
  const source = await aSourceOf('mailgun', MAILGUN.secret);
  const right = await signedCall(MAILGUN, MAILGUN.secret);
  const answers = [
    await call(source.url, right),
    await call(source.url, right),
    await call(source.url, await signedCall(MAILGUN, MAILGUN.secret, { at: offset(-302) })),
    await call(source.url, await signedCall(MAILGUN, 'another')),
  ];

  expect(answers.map(({ status, body }) => body.code ?? `${status} ${body.status}`)).toEqual([
    '200 accepted',
    '200 duplicate',
    'invalid_signature',
    'invalid_signature',
  ]);
  expect(answers[1]?.body.id).toBe(answers[0]?.body.id);
});

describe('an address', () => {
  it('that is nobody’s answers as one whose source is off', async () => {
    const off = await aSource(client, { event: 'off', enabled: false });
    const request = await signedCall(STRIPE, STRIPE.secret);

    const addresses = [
      off.url,
      `${app.url}/api/v1/webhooks/${client.slug}/nothing`,
      `${app.url}/webhooks/nobody-at-all/order.paid`,
      `${app.url}/webhooks/${client.slug}/${encodeURIComponent('a b')}`,
      `${app.url}/webhooks/Sources/order.paid`,
    ];
    const answers = await Promise.all(addresses.map((url) => call(url, request)));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  it('of a suspended client asks whoever proves to be its sender to come again, and takes it then', async () => {
    const other = await app.another();
    const suspended = await aClient(app);
    const source = await aSource(suspended);
    const [stranger, request] = [
      await signedCall(STRIPE, STRIPE.secret),
      await signedCall(STRIPE, source.secret ?? ''),
    ];
    const there = source.url.replace(app.url, other.url);
    await app.operator.patch(`/clients/${suspended.id}`, { status: 'suspended' });

    for (const url of [source.url, there]) {
      await eventually(async () => (await call(url, request)).status === 503);
      expect((await call(url, stranger)).status).toBe(401);
    }
    await app.operator.patch(`/clients/${suspended.id}`, { status: 'active' });
    await eventually(async () => (await call(there, request)).status === 200);
  });

  it('follows its source at once, on every process', async () => {
    const other = await app.another();
    const source = await aSource(client, { enabled: false });
    const request = await signedCall(STRIPE, source.secret ?? '');
    const there = source.url.replace(app.url, other.url);
    const statuses = async () => [(await call(source.url, request)).status, (await call(there, request)).status];
    expect(await statuses()).toEqual([404, 404]);

    await client.master.patch(`/webhooks/sources/${source.id}`, { enabled: true });
    expect((await call(source.url, request)).status).toBe(200);
    await eventually(async () => (await statuses()).join() === '200,200');

    await client.master.delete(`/webhooks/sources/${source.id}`);
    expect((await call(source.url, request)).status).toBe(404);
    await eventually(async () => (await statuses()).join() === '404,404');
    const again = await aSource(client);
    await eventually(async () => (await call(there, await signedCall(STRIPE, again.secret ?? ''))).status === 200);
  });

  it('goes with its client', async () => {
    const source = await aSource(client);
    const request = await signedCall(STRIPE, source.secret ?? '');
    expect((await call(source.url, request)).status).toBe(200);
    await app.operator.delete(`/clients/${client.id}`);
    await eventually(async () => (await call(source.url, request)).status === 404);
  });

  it('takes 256 KB at most, and nothing compressed', async () => {
    const source = await aSource(client);
    const signed = (body: string) => signedCall(STRIPE, source.secret ?? '', { body });
    const large = (size: number) => `{"id":"evt_${size}","text":"${'x'.repeat(size)}"}`;
    const fits = await call(source.url, await signed(large(261_000)));
    const over = await call(atRoot(app, client), await signed(large(262_144)));
    const plain = await signed('{"id":"evt_zip"}');
    const zipped = { headers: { ...plain.headers, 'content-encoding': 'gzip' }, body: gzipSync(plain.body) };

    expect(fits.status).toBe(200);
    expect(over).toMatchObject({ status: 413, body: { code: 'payload_too_large', limitBytes: 262_144 } });
    expect(await call(source.url, zipped)).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } });
  });

  it('never fails over what is in a body, and says what it can of it', async () => {
    const source = await aSource(client, { verification: { scheme: 'none' } });
    const bodies = [
      Buffer.from('{"a":"\\u0000","__proto__":{"b":1},"constructor":{"prototype":{"c":1}}}'),
      Buffer.from([0xff, 0xfe, 0x00, 0xc3, 0x28]),
      Buffer.from('['.repeat(100_000)),
      Buffer.from('{"a":'.repeat(30_000) + '1' + '}'.repeat(30_000)),
      Buffer.from('not json'),
      Buffer.alloc(0),
      Buffer.from('null'),
      Buffer.from('1e999'),
      Buffer.from('"\\ud800"'),
    ];
    const types = ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data', 'nonsense', ''];
    for (const body of bodies)
      for (const type of types) {
        const answer = await call(source.url, { headers: { 'content-type': type, 'x-odd': 'a\u00ff' }, body });
        expect(answer.status).toBe(200);
      }
  });
});

describe('the same event', () => {
  it('is taken once, however many come at once', async () => {
    const source = await aSource(client);
    const request = await signedCall(STRIPE, source.secret ?? '');
    const answers = await Promise.all(Array.from({ length: 100 }, () => call(source.url, request)));

    expect(answers.map(({ status }) => status)).toEqual(Array(100).fill(200));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(answers.filter(({ body }) => body.status === 'accepted')).toHaveLength(1);
    expect(await rows(app, 'SELECT id FROM inbound_events WHERE client_id = $1', [client.id])).toHaveLength(1);
  });

  it('is the same while its source says so, whatever is not signed of it', async () => {
    const source = await aSource(client, { verification: { scheme: 'github' }, dedupeHours: 24 });
    const request = await signedCall(GITHUB, source.secret ?? '');
    const redelivered = withHeaders(request, (headers) => (headers['x-github-delivery'] = 'another'));
    const first = (await call(source.url, request)).body;
    expect((await call(source.url, redelivered)).body).toEqual({ id: first.id, status: 'duplicate' });

    const later = (hours: number) =>
      rows(app, `UPDATE inbound_keys SET expires_at = expires_at - make_interval(hours => $2) WHERE client_id = $1`, [
        client.id,
        hours,
      ]);
    await later(23);
    expect((await call(source.url, redelivered)).body).toEqual({ id: first.id, status: 'duplicate' });
    await later(2);
    const anew = (await call(source.url, redelivered)).body;
    expect(anew.status).toBe('accepted');
    expect(anew.id).not.toBe(first.id);
    expect((await call(source.url, redelivered)).body).toEqual({ id: anew.id, status: 'duplicate' });
  });

  it('of two clients is two', async () => {
    const other = await aClient(app);
    const [ours, theirs] = [
      await aSourceOf('stripe', STRIPE.secret),
      await aSourceOf('stripe', STRIPE.secret, {}, other),
    ];
    const request = await signedCall(STRIPE, STRIPE.secret);
    const answers = [await call(ours.url, request), await call(theirs.url, request)];

    expect(answers.map(({ body }) => body.status)).toEqual(['accepted', 'accepted']);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(2);
  });
});

it('Slack’s trial of the address is answered, and nothing is stored', async () => {
  const source = await aSourceOf('slack', SLACK.secret);
  const body = '{"type":"url_verification","challenge":"3eZbrw1aBm2rZgRNFdxV"}';
  const answer = await call(source.url, await signedCall(SLACK, SLACK.secret, { body }));

  expect(answer).toMatchObject({ status: 200, text: '{"challenge":"3eZbrw1aBm2rZgRNFdxV"}' });
  expect(answer.type).toMatch(/^application\/json/);
  expect((await call(source.url, await signedCall(SLACK, 'another', { body }))).status).toBe(401);
  expect(await rows(app, 'SELECT id FROM inbound_events WHERE client_id = $1', [client.id])).toEqual([]);
  expect(await rows(app, 'SELECT key FROM inbound_keys WHERE client_id = $1', [client.id])).toEqual([]);
});

describe('secrets', () => {
  it('overlap while one is exchanged, and end', async () => {
    const source = await aSource(client);
    const rotate = (wish: object) => client.master.post(`/webhooks/sources/${source.id}/rotate-secret`, wish);
    const statusOf = async (secret = '', id = String(Math.random())) =>
      (await call(source.url, await signedCall(STRIPE, secret, { body: JSON.stringify({ id }) }))).status;
    const { status, body } = await rotate({ overlapSeconds: 600 });
    expect(status).toBe(201);
    expect(body.secret).not.toBe(source.secret);
    expect([await statusOf(source.secret), await statusOf(body.secret)]).toEqual([200, 200]);

    const given = await rotate({ overlapSeconds: 0, secret: STRIPE.secret });
    expect(given).toMatchObject({ status: 201, body: { id: source.id } });
    expect(given.body).not.toHaveProperty('secret');
    expect([await statusOf(source.secret), await statusOf(body.secret), await statusOf(STRIPE.secret)]).toEqual([
      401, 401, 200,
    ]);

    const patched = await client.master.patch(`/webhooks/sources/${source.id}`, { verification: { secret: 'newer' } });
    expect(patched.status).toBe(200);
    expect([await statusOf(STRIPE.secret), await statusOf('newer')]).toEqual([401, 200]);
  });

  it('are kept encrypted, and shown once', async () => {
    const source = await aSource(client);
    const dump = await rows<{ text: string }>(
      app,
      `SELECT s::text AS text FROM signing_secrets s UNION ALL SELECT w::text FROM webhook_sources w`,
    );
    expect(source.secret).toMatch(/^\w{20,}$/);
    expect(JSON.stringify(dump)).not.toContain(source.secret);
    for (const path of [`/webhooks/sources/${source.id}`, '/webhooks/sources'])
      expect(JSON.stringify((await client.master.get(path)).body)).not.toContain(source.secret);
  });
});

describe('a body that carries actions', () => {
  const message = {
    type: 'sendMessage',
    params: { roomId: { $: 'payload.room' }, senderId: 'shop', content: 'Hello' },
  };

  it('is refused with the place of each fault, and nothing of it is stored', async () => {
    const source = await aSource(client, { trustBody: true });
    const body = JSON.stringify({
      id: 'evt_1',
      actions: [message, { type: 'dance', params: {} }, { ...message, id: 'two', params: { x: 1 } }],
    });
    const refused = await call(source.url, await signedCall(STRIPE, source.secret ?? '', { body }));
    expect(refused.status).toBe(400);
    expect(faultsIn(refused)).toEqual([
      '/actions/1/type is_in',
      '/actions/2/params/x unknown_field',
      '/actions/2/params/roomId is_uuid',
      '/actions/2/params/content required',
      '/actions/2/params/senderId required',
    ]);

    const right = JSON.stringify({ id: 'evt_1', actions: [message] });
    const accepted = await call(source.url, await signedCall(STRIPE, source.secret ?? '', { body: right }));
    expect(accepted).toMatchObject({ status: 200, body: { status: 'accepted' } });
    const actions = await rows(app, 'SELECT id, type FROM inbound_actions WHERE event_id = $1', [accepted.body.id]);
    expect(actions).toEqual([{ id: 'sendMessage', type: 'sendMessage' }]);
  });

  it('is not believed by a source that does not say so', async () => {
    const source = await aSource(client);
    const body = JSON.stringify({ id: 'evt_1', actions: [message] });
    const { body: accepted } = await call(source.url, await signedCall(STRIPE, source.secret ?? '', { body }));
    expect(await rows(app, 'SELECT id FROM inbound_actions WHERE event_id = $1', [accepted.id])).toEqual([]);
  });

  it.each(['none', 'mailgun'])('cannot be believed by the scheme %s, which does not sign it', async (scheme) => {
    const wish = { event: 'x', verification: { scheme }, trustBody: true };
    const refused = await client.master.post('/webhooks/sources', wish);
    expect([refused.status, ...faultsIn(refused)]).toEqual([400, '/trustBody not_signed']);
    const { id } = await aSource(client, { trustBody: true });
    const changed = await client.master.patch(`/webhooks/sources/${id}`, { verification: { scheme } });
    expect(faultsIn(changed)).toEqual(['/trustBody not_signed']);
  });
});

/** Last: its failures count against this address, which is that of every test. */
describe('what comes in', () => {
  const scopes = (replies: readonly DoorReply[]) =>
    replies.map(({ status, body }) => (status === 200 ? 200 : body.scope));
  const signed = ({ secret = '' }: TestSource) => signedCall(STRIPE, secret);

  it('is so much for each client, at whichever of its sources, then told to come back', async () => {
    const limited = await aClient(app, { settings: { limits: { inboundPerMinute: 5 } } });
    const [source, other] = [await aSource(limited), await aSource(limited, { event: 'order.sent' })];
    const calls = async (count: number, at: TestSource) => {
      const replies: DoorReply[] = [];
      for (let n = 0; n < count; n++) replies.push(await call(at.url, await signed(at)));
      return replies;
    };

    const [first, second] = [await calls(4, source), await calls(3, other)];

    expect(scopes(first)).toEqual([200, 200, 200, 200]);
    expect(scopes(second)).toEqual([200, 'client', 'client']);
    const again = await fetch(source.url, {
      method: 'POST',
      headers: (await signed(source)).headers,
      body: (await signed(source)).body,
    });
    expect([again.status, Number(again.headers.get('retry-after')) > 30]).toEqual([429, true]);
  });

  it('wrong from an address is looked at so often at one source, and shuts no other; so are addresses that are nobody’s', async () => {
    const [source, other, third] = [
      await aSource(client),
      await aSource(client, { event: 'order.sent' }),
      await aSource(client, { event: 'order.new' }),
    ];
    const wrong = await signedCall(STRIPE, 'another');
    const right = await signed(source);
    expect((await call(other.url, await signed(other))).status).toBe(200);
    const times = (url: string) => Promise.all(Array.from({ length: 200 }, () => call(url, wrong)));

    const refused = await times(source.url);
    const blocked = await call(source.url, right);
    const lost = await times(`${source.url}.nowhere`);
    const unknown = await call(third.url, await signed(third));

    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([401]));
    expect(blocked).toMatchObject({ status: 429, body: { code: 'rate_limited', scope: 'address', limit: 200 } });
    expect(lost.filter(({ status }) => status === 404).length).toBeGreaterThan(150);
    expect(unknown).toMatchObject({ status: 429, body: { scope: 'address' } });
    expect((await call(other.url, await signed(other))).status).toBe(200);
  });
});

import { createECDH, generateKeyPairSync, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import webPush from 'web-push';
import type { TestClient } from '../builders/clients.js';
import { reached, type SeenDelivery, send, timelineOf } from '../builders/notifications.js';
import { privateHosts } from '../builders/private-hosts.js';
import { aProvider } from '../builders/providers.js';
import { aListeningPost, type ListeningPost } from '../fakes/listening-post.js';
import { eventually } from '../support/eventually.js';
import { aGuardedApp, ALLOWED, each, type GuardedApp, pointersOf, SEED, WORDS } from '../support/guarded-app.js';

const HOSTS = privateHosts(220, { seed: SEED, except: ALLOWED });
/** A few of each way, for doors that take one after the other. */
const SOME = [...HOSTS.slice(0, 52), ...HOSTS.slice(-28)];

let guarded: GuardedApp;
let client: TestClient;
let post: ListeningPost;
let closedPort: number;
let names: GuardedApp['names'];
const expectNoConnection = (): void => guarded.expectNoConnection();

beforeAll(async () => {
  guarded = await aGuardedApp();
  ({ client, post, closedPort, names } = guarded);
}, 60_000);

afterAll(() => guarded.close());
beforeEach(() => guarded.forget());

/** What of the URLs is not refused at once is accepted in one call. @returns the notification, and how many there are */
async function accepted(
  urls: readonly string[],
  wishOf: (urls: readonly string[]) => object,
): Promise<[string, number]> {
  const answer = await client.master.post('/notifications/send', wishOf(urls));
  if (answer.status === 202) return [(answer.body as { id: string }).id, urls.length];
  expect(answer.status).toBe(400);
  const bad = new Set(pointersOf(answer).map((pointer) => Number(/^\/to\/(\d+)\/url$/.exec(pointer)?.[1])));
  expect(bad).not.toContain(NaN);
  return accepted(
    urls.filter((_url, n) => !bad.has(n)),
    wishOf,
  );
}

async function deliveriesOf(notificationId: string): Promise<SeenDelivery[]> {
  const all: SeenDelivery[] = [];
  for (let cursor = ''; ;) {
    const { body } = await client.master.get(`/deliveries?notificationId=${notificationId}&limit=100${cursor}`);
    const { data, nextCursor } = body as { data: SeenDelivery[]; nextCursor: string | null };
    all.push(...data);
    if (nextCursor === null) return all;
    cursor = `&cursor=${nextCursor}`;
  }
}

/** How each of its deliveries ended, once; what a timeline says of it included. */
async function endsOf(id: string): Promise<string[]> {
  await eventually(async () => (await client.master.get(`/notifications/${id}`)).body.counts.open === 0);
  const ends = (await deliveriesOf(id)).map(({ status, reason, attempts }) => `${status} ${reason} ${attempts}`);
  const said = (await timelineOf(client, id)).filter(({ type }) => type === 'attempt').map(({ detail }) => detail);
  return [...new Set([...ends, ...said])].map(String);
}
const BLOCKED = ['failed ssrf_blocked 1', WORDS];

describe(`notifications by webhook (seed ${SEED})`, () => {
  const toMany = (urls: readonly string[]) => ({
    to: urls.map((url) => ({ url })),
    channels: { webhook: { body: { a: 1 } } },
  });

  it.each(['open', 'closed'] as const)('connect nowhere, at a port that is %s', async (state) => {
    const port = state === 'open' ? post.port : closedPort;
    const urls = HOSTS.map((host, n) => `http://${host}:${port}/${n}`);
    const [id, count] = await accepted(urls, toMany);

    expect(count).toBeGreaterThan(HOSTS.length / 2);
    expect(await endsOf(id)).toEqual(BLOCKED);
    expectNoConnection();
  });

  it('connect nowhere for the URL of the content', async () => {
    const notifications = SOME.map((host) => ({
      to: { userId: 'ann' },
      channels: { webhook: { url: `https://${host}:${post.port}/`, body: {} } },
    }));
    const { body } = await client.master.post('/notifications/batch', { notifications });
    const ids = (body as { results: { id?: string; error?: { errors?: { pointer: string }[] } }[] }).results.flatMap(
      ({ id, error }) => {
        expect(id ?? error?.errors?.[0]?.pointer).toMatch(/^[0-9a-f-]{36}$|webhook\/url$/);
        return id ?? [];
      },
    );

    expect(ids.length).toBeGreaterThan(SOME.length / 2);
    expect(new Set((await each(ids, endsOf)).map(String))).toEqual(new Set([String(BLOCKED)]));
    expectNoConnection();
  });

  it.each([
    'file:///etc/passwd',
    'ftp://127.0.0.1/',
    'gopher://127.0.0.1:6379/_x',
    'unix:/var/run/docker.sock',
    '//127.0.0.1/',
  ])('are refused with what is no http: %s', async (url) => {
    expect((await client.master.post('/notifications/send', toMany([url]))).status).toBe(400);
  });

  it.each([
    'http://8.8.8.8@127.0.0.1:PORT/',
    'http://127.0.0.1:PORT#@8.8.8.8/',
    'http://127.0.0.1:PORT\\@8.8.8.8/',
    'http://8.8.8.8:80@127.0.0.1:PORT',
  ])('read a URL in one way only: %s', async (url) => {
    const answer = await client.master.post('/notifications/send', toMany([url.replace('PORT', `${post.port}`)]));

    if (answer.status === 400) expect(pointersOf(answer)).toEqual(['/to/0/url']);
    else expect(await endsOf((answer.body as { id: string }).id)).toEqual(BLOCKED);
    expectNoConnection();
  });
});

describe('a provider of the client’s own', () => {
  const keys = webPush.generateVAPIDKeys();
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const account = {
    ...{ project_id: 'shop', client_email: 'push@shop.example', token_uri: `http://${ALLOWED}/token` },
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  };
  const browser = createECDH('prime256v1');
  browser.generateKeys();
  const browserKeys = { p256dh: browser.getPublicKey('base64url'), auth: randomBytes(16).toString('base64url') };
  const mail = { from: 'shop@example.com' };
  const twilio = { accountSid: 'AC1', authToken: 'secret', from: '+15005550006' };
  const url = (host: string, port: number): string => `http://${host}:${port}/x`;

  interface Door {
    readonly kind: string;
    readonly settings: (host: string, port: number) => object;
    readonly to: string | ((host: string, port: number) => string);
  }
  const PHONE = '+4915112345678';
  const MAIL = 'ann@example.com';
  const DOORS: Readonly<Record<string, Door>> = {
    'http, url': {
      kind: 'http',
      to: PHONE,
      settings: (host, port) => ({ channel: 'sms', url: url(host, port), body: {} }),
    },
    'smtp, host': {
      kind: 'smtp',
      to: MAIL,
      settings: (host, port) => ({ ...mail, host: host.replaceAll(/^\[|\]$/g, ''), port }),
    },
    'smtp, host as in a URL': { kind: 'smtp', to: MAIL, settings: (host, port) => ({ ...mail, host, port }) },
    'mailgun, baseUrl': {
      kind: 'mailgun',
      to: MAIL,
      settings: (host, port) => ({ ...mail, apiKey: 'secret', domain: 'mg.example', baseUrl: url(host, port) }),
    },
    'twilio, baseUrl': {
      kind: 'twilio',
      to: PHONE,
      settings: (host, port) => ({ ...twilio, baseUrl: url(host, port) }),
    },
    'fcm, baseUrl': {
      kind: 'fcm',
      to: 'token',
      settings: (host, port) => ({
        serviceAccount: account,
        tokenUrl: url(ALLOWED, post.port),
        baseUrl: url(host, port),
      }),
    },
    'fcm, tokenUrl': {
      kind: 'fcm',
      to: 'token',
      settings: (host, port) => ({ serviceAccount: account, tokenUrl: url(host, port) }),
    },
    'fcm, token_uri': {
      kind: 'fcm',
      to: 'token',
      settings: (host, port) => ({ serviceAccount: { ...account, token_uri: url(host, port) } }),
    },
    'webpush, endpoint': {
      ...{ kind: 'webpush', settings: () => ({ subject: 'mailto:a@shop.example', ...keys }) },
      to: (host, port) => JSON.stringify({ endpoint: url(host, port), keys: browserKeys }),
    },
  };

  async function tried({ kind, settings, to }: Door, host: string, port: number): Promise<object | null> {
    const made = await client.master.post('/providers', {
      kind,
      name: kind,
      enabled: false,
      settings: settings(host, port),
    });
    if (made.status === 400) {
      expect(pointersOf(made)[0]).toMatch(/^\/settings\//);
      return null;
    }
    const { id } = made.body as { id: string };
    const address = typeof to === 'string' ? to : to(host, port);
    const tested = await client.master.post(`/providers/${id}/test`, { to: address });
    const { ok, outcome, detail } = tested.body as Record<string, unknown>;
    if (detail === 'The endpoint is no URL.') return null;
    const verified = (await client.master.post(`/providers/${id}/verify`)).body as object;
    return { ok, outcome, detail, verified };
  }

  it.each(Object.entries(DOORS))('connects nowhere: %s', async (name, door) => {
    post.behave((_request, response) => response.end(JSON.stringify({ access_token: 'ya29', expires_in: 3_600 })));
    const mine = SOME.filter((_host, n) => n % 2 === name.length % 2); // the doors share them
    const places = mine.map((host, n) => [host, n % 2 === 0 ? post.port : closedPort] as const);
    const tries = (await each(places, ([host, port]) => tried(door, host, port))).filter((one) => one !== null);

    expect(tries.length).toBeGreaterThan(mine.length / 3);
    const [first] = tries;
    expect(first).toMatchObject({ ok: false, outcome: 'rejected', detail: WORDS });
    expect(new Set(tries.map((one) => JSON.stringify(one)))).toEqual(new Set([JSON.stringify(first)]));
    expectNoConnection();
  });

  it('connects nowhere for the endpoint of a device', async () => {
    await aProvider(client, 'webpush', { subject: 'mailto:a@shop.example', ...keys });
    const registered = await each(SOME, async (host) => {
      const subscription = { endpoint: `https://${host}:${post.port}/push`, keys: browserKeys };
      const { status } = await client.master.post('/users/browsing/devices', { kind: 'webpush', subscription });
      return status < 300;
    });
    const id = await send(client, {
      to: { userId: 'browsing' },
      channels: { push: { title: 'Hello', body: 'There' } },
    });

    expect(registered.filter(Boolean).length).toBeGreaterThan(10);
    expect(await endsOf(id)).toEqual(BLOCKED);
    expectNoConnection();
  });
});

describe('a name', () => {
  const hook = (name: string, more = '') => ({
    to: { url: `http://${name}:${post.port}/${more}` },
    channels: { webhook: { body: {} } },
  });

  it.each<[string, string[]]>([
    ['one of which is private', ['93.184.216.34', '127.0.0.1']],
    ['the first of which is private', ['127.0.0.1', '93.184.216.34']],
    ['one of which is private, in the other family', ['93.184.216.34', '::1']],
    ['of IPv6, one of which is private', ['2606:4700:4700::1111', '10.0.0.1']],
    ['one of which may be reached', [ALLOWED, '127.0.0.1']],
    ['one of which is private as IPv6 writes it', ['93.184.216.34', '::ffff:127.0.0.1']],
    ['a neighbour of what may be reached', ['127.0.0.4']],
    ['a metadata service', ['169.254.169.254']],
    ['of its own link', ['fe80::1%lo']],
    ['none', []],
    ['no address at all', ['localhost']],
  ])('of addresses %s is not connected to', async (what, addresses) => {
    const name = `n${what.length}.test`;
    names.set(name, () => addresses);

    expect(await endsOf(await send(client, hook(name)))).toEqual(BLOCKED);
    expect(post.reached).toEqual([]);
  });

  it('of what may be reached is looked up once, and connected to as it was', async () => {
    const addresses = [[ALLOWED], ['127.0.0.1']];
    names.set('twice.test', () => addresses.shift() ?? ['127.0.0.1']);

    const seen = await reached(client, await send(client, hook('twice.test')), 'completed');

    expect(seen.deliveries).toMatchObject([{ status: 'delivered', attempts: 1 }]);
    expect([guarded.asked, post.reached]).toEqual([['twice.test'], [ALLOWED]]);
  });

  it('that is another one at the next try is not connected to then', async () => {
    const addresses = [[ALLOWED], ['127.0.0.1']];
    names.set('rebound.test', () => addresses.shift() ?? [ALLOWED]);
    post.behave((_request, response) => response.writeHead(400).end());
    const id = await send(client, hook('rebound.test'));
    expect(await endsOf(id)).toEqual(['failed provider_rejected 1', '400']);

    await client.master.post(`/notifications/${id}/retry`);

    expect(await endsOf(id)).toEqual(['failed ssrf_blocked 1', '400', WORDS]);
    expect(post.reached).toEqual([ALLOWED]);
  });

  it('of a mail server is looked up for each mail, whatever connections are kept', async () => {
    const server = await aListeningPost('421 4.3.2 busy\r\n');
    const addresses = [[ALLOWED], [ALLOWED], ['127.0.0.1']];
    names.set('mail.test', () => addresses.shift() ?? ['127.0.0.1']);
    const settings = { host: 'mail.test', port: server.port, from: 'shop@example.com' };
    const id = await aProvider(client, 'smtp', settings, { enabled: false });
    const said = async () =>
      (await client.master.post(`/providers/${id}/test`, { to: 'ann@example.com' })).body as object;

    for (const detail of [expect.stringContaining('421'), expect.stringContaining('421'), WORDS])
      expect(await said()).toMatchObject({ ok: false, detail });
    expect(new Set(server.reached)).toEqual(new Set([ALLOWED]));
    await server.close();
  });
});

describe('what may be reached', () => {
  it.each([301, 302, 303, 307, 308])('leads nowhere else by a %d', async (status) => {
    const places = [
      `http://127.0.0.1:${post.port}/`,
      'http://169.254.169.254/',
      'file:///etc/passwd',
      `//[::1]:${post.port}/`,
    ];
    post.behave((request, response) =>
      response.writeHead(status, { location: places[Number(request.url?.slice(1))] }).end(),
    );
    const to = places.map((_place, n) => ({ url: `http://${ALLOWED}:${post.port}/${n}` }));

    const id = await send(client, { to, channels: { webhook: { body: {} } } });

    const [end, said] = await endsOf(id);
    expect([end, said]).toEqual(['failed provider_rejected 1', `${status}`]);
    expect(post.reached).toEqual(places.map(() => ALLOWED));
  });

  it('is called without the proxy that the environment names', async () => {
    const to = [ALLOWED, `[::ffff:${ALLOWED}]`].map((host) => ({ url: `http://${host}:${post.port}/` }));
    await reached(client, await send(client, { to, channels: { webhook: { body: {} } } }), 'completed');

    expect(new Set(post.reached)).toEqual(new Set([ALLOWED]));
    expect(guarded.proxy.reached).toEqual([]);
  });
});

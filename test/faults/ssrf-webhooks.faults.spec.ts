import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Api } from '../support/api.js';
import { privateHosts } from '../builders/private-hosts.js';
import { eventually } from '../support/eventually.js';
import { aGuardedApp, ALLOWED, each, type GuardedApp, pointersOf, SEED, WORDS } from '../support/guarded-app.js';

const HOSTS = privateHosts(60, { seed: SEED + 1, except: ALLOWED });

let guarded: GuardedApp;
let master: Api;
beforeAll(async () => {
  guarded = await aGuardedApp();
  ({ master } = guarded.client);
}, 60_000);

afterAll(() => guarded.close());
beforeEach(() => guarded.forget());

const urlsAt = (hosts: readonly string[]): string[] =>
  hosts.map((host, n) => `http://${host}:${n % 2 === 0 ? guarded.post.port : guarded.closedPort}/${n}`);

/** A source that calls wherever its events say: nobody could be more careless. */
async function aCarelessSource(): Promise<string> {
  const action = { type: 'forward', params: { url: { $: 'payload.url' } } };
  const wish = {
    event: `go-${Math.random().toString(36).slice(2)}`,
    verification: { scheme: 'none' },
    actions: [action],
  };
  const { status, body } = await master.post('/webhooks/sources', wish);
  expect(status).toBe(201);
  return new URL((body as { url: string }).url).pathname.replace('/api/v1', '');
}

/** How a forward to each of them ended. */
async function forwarded(urls: readonly string[]): Promise<string[]> {
  const path = await aCarelessSource();
  const ids = await each(urls, async (url) => {
    const { status, body } = await master.post(path, { url });
    expect([status, body]).toEqual([200, expect.objectContaining({ id: expect.any(String) })]);
    return (body as { id: string }).id;
  });
  const ends = await each(ids, (id) =>
    eventually(async () => {
      const { status, actions } = (await master.get(`/webhooks/events/${id}`)).body as {
        status: string;
        actions: { attempts: number; error?: { code: string; message: string } }[];
      };
      return status !== 'accepted' && status !== 'processing' && { status, ...actions[0] };
    }),
  );
  return [
    ...new Set(ends.map(({ status, attempts, error }) => `${status} ${attempts} ${error?.code} ${error?.message}`)),
  ];
}

describe('an event that is handed on', () => {
  it('is not called wherever its URL leads that is not public', async () => {
    const urls = urlsAt(HOSTS).filter((url) => URL.canParse(url));
    const ends = await forwarded(urls);

    expect(ends.filter((end) => !end.includes('validation_failed'))).toEqual([`failed 1 ssrf_blocked ${WORDS}`]);
    guarded.expectNoConnection();
  });

  it('is refused before it is saved where the rule has what is no http', async () => {
    const action = (url: string) => ({ type: 'forward', params: { url } });
    for (const url of ['file:///etc/passwd', 'gopher://127.0.0.1/', 'http://u:p@127.0.0.1/']) {
      const verification = { scheme: 'none' };
      const refused = await master.post('/webhooks/sources', { event: 'no', verification, actions: [action(url)] });
      expect([refused.status, pointersOf(refused)]).toEqual([400, ['/actions/0/params/url']]);
    }
  });

  it('goes to a name only when each of its addresses may be reached, and nowhere else by a redirect', async () => {
    guarded.names.set('mixed.test', () => [ALLOWED, '127.0.0.1']);
    guarded.names.set('good.test', () => [ALLOWED]);
    guarded.post.behave((_request, response) =>
      response.writeHead(307, { location: `http://127.0.0.1:${guarded.post.port}/` }).end(),
    );

    expect(await forwarded([`http://mixed.test:${guarded.post.port}/`])).toEqual([`failed 1 ssrf_blocked ${WORDS}`]);
    expect(guarded.post.reached).toEqual([]);
    expect(await forwarded([`http://good.test:${guarded.post.port}/`])).toEqual([`failed 1 forward_refused 307`]);
    expect(guarded.post.reached).toEqual([ALLOWED]);
  });
});

describe('an endpoint', () => {
  const made = (url: string) => master.post('/webhooks/endpoints', { url, eventTypes: ['room.created'] });

  interface Attempt {
    readonly error: string | null;
    readonly statusCode: number | null;
    readonly detail: string | null;
    readonly address: string | null;
    readonly nextAttemptAt: string | null;
  }

  /** Tells it an example. @returns what its log says of the call */
  async function told(url: string): Promise<Attempt> {
    const answer = await made(url);
    expect(answer.status).toBe(201);
    const at = `/webhooks/endpoints/${(answer.body as { id: string }).id}`;
    await master.post(`${at}/test`, {});
    return eventually(async () => ((await master.get(`${at}/attempts`)).body as { data: Attempt[] }).data[0]);
  }

  it('is refused at an address that is not public, in whatever way it is written', async () => {
    const answers = await each(urlsAt(HOSTS), made);
    const named = answers.flatMap(({ status, body }) =>
      status === 201 ? [new URL((body as { url: string }).url).hostname] : [],
    );

    for (const answer of answers.filter(({ status }) => status !== 201))
      expect([answer.status, pointersOf(answer)]).toEqual([400, ['/url']]);
    expect(new Set(named.map((name) => name.replace(/[.]$/, '').toLowerCase()))).toEqual(new Set(['localhost']));
    const said = answers.flatMap(({ body }) => (body as { errors?: { code: string; message: string }[] }).errors ?? []);
    expect(new Set(said.filter(({ code }) => code === 'refused_address').map(({ message }) => message))).toEqual(
      new Set([WORDS]),
    );
    guarded.expectNoConnection();
  });

  it('with a name is not called where one of its addresses is not public, or when that changes', async () => {
    const port = guarded.post.port;
    guarded.names.set('mixed.test', () => [ALLOWED, '::1']);
    guarded.names.set('private.test', () => ['169.254.169.254']);
    const addresses = [['127.0.0.1']];
    guarded.names.set('rebound.test', () => addresses.shift() ?? [ALLOWED]);

    const ends = await Promise.all(
      ['localhost', 'mixed.test', 'private.test', 'rebound.test'].map((name) => told(`http://${name}:${port}/`)),
    );

    const blocked = { error: 'ssrf_blocked', statusCode: null, detail: WORDS, address: null, nextAttemptAt: null };
    for (const end of ends) expect(end).toMatchObject(blocked);
    expect(guarded.post.reached).toEqual([]);
  });

  it('leads nowhere else by a redirect', async () => {
    guarded.post.behave((_request, response) =>
      response.writeHead(302, { location: `http://127.0.0.1:${guarded.post.port}/` }).end(),
    );

    const call = await told(`http://${ALLOWED}:${guarded.post.port}/`);

    expect(call).toMatchObject({ error: 'http', statusCode: 302, address: ALLOWED });
    expect(guarded.post.reached).toEqual([ALLOWED]);
  });
});

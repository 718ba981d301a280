import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { aClient, type TestClient } from '../builders/clients.js';
import { aSource, call } from '../builders/webhooks.js';
import { ADMIN_KEY, anApp, anEnvironment } from '../support/app.js';
import { Api } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import { aProcess, type TestProcess } from '../support/processes.js';

jest.setTimeout(60_000);

const ROOT = new URL('../..', import.meta.url).pathname;
const fixture = (name: string): string => `./test/fixtures/plugins/${name}.mjs`;

describe('a webhook scheme of a plugin', () => {
  let service: TestProcess;
  beforeAll(async () => {
    service = await aProcess(await anEnvironment({ CHATAPI_PLUGINS: fixture('with-odd-scheme') }));
  });
  afterAll(() => service.stop());

  it('refuses as any other, whatever it throws; what it says is kept as far as it can be', async () => {
    const client = await aClient({ operator: service.operator, api: (key = '') => service.api(key) });
    const source = await aSource(client, { verification: { scheme: 'odd' } });
    const knock = (how: string) => call(source.url, { headers: { 'x-odd': how }, body: Buffer.from('{}') });
    const refused = [await knock('throw'), await knock('reject')];
    const [taken, again, other] = [await knock('one'), await knock('one'), await knock('two')];

    expect(new Set(refused.map(({ text }) => text)).size).toBe(1);
    expect(refused[0]).toMatchObject({ status: 401, body: { code: 'invalid_signature' } });
    expect([taken, again, other].map(({ body }) => body.status)).toEqual(['accepted', 'duplicate', 'accepted']);
    expect((await client.master.get(`/webhooks/events/${taken.body.id}`)).body).toMatchObject({
      ...{ externalId: null, type: null, status: 'completed' },
    });
    expect(service.output()).toContain('A scheme could not verify a call');
  });
});

describe('a plugin that CHATAPI_PLUGINS names', () => {
  let service: TestProcess;
  let client: TestClient;
  beforeAll(async () => {
    service = await aProcess(await anEnvironment({ CHATAPI_PLUGINS: fixture('with-channel') }));
    client = await aClient({ operator: service.operator, api: (key = '') => service.api(key) });
  });
  afterAll(() => service.stop());

  it('has its kind in the catalog, with a schema and its secrets', async () => {
    const { body } = await client.master.get('/providers/catalog');

    expect(body.data.find(({ kind }: { kind: string }) => kind === 'wire')).toMatchObject({
      channels: ['telegraph'],
      secrets: ['passphrase'],
      settings: { required: ['station', 'passphrase'], properties: { station: { type: 'string', maxLength: 20 } } },
    });
  });

  it('delivers on its channel, and what its provider says is kept without its secrets', async () => {
    const settings = { station: 'Pier 4', passphrase: 'open sesame' };
    const added = await client.master.post('/providers', { kind: 'wire', name: 'Ours', settings });
    expect([added.status, added.body.settings.passphrase]).toEqual([201, '••••']);
    const channels = { telegraph: { text: 'ARRIVING MONDAY' } };

    const { body } = await client.master.post('/notifications/send', { to: { userId: 'ann' }, channels });
    const detail = await eventually(async () => {
      const { body: now } = await client.master.get(`/notifications/${body.id}`);
      if (now.status !== 'completed') return undefined;
      return JSON.stringify((await client.master.get(`/notifications/${body.id}/events`)).body);
    });

    expect(detail).toContain('Pier 4, by ••••: ARRIVING MONDAY');
  });

  it('has its contents checked as those of any other channel', async () => {
    const refused = await client.master.post('/notifications/send', {
      to: { userId: 'ann' },
      channels: { telegraph: { text: 'x'.repeat(61) } },
    });

    expect(refused.status).toBe(400);
    expect(refused.body.errors).toMatchObject([{ pointer: '/channels/telegraph/text', code: 'max_length' }]);
  });

  it('is in the document of the running service', async () => {
    const document = await new Api(service.url, { Authorization: `Bearer ${ADMIN_KEY}` }).get('/openapi.json');

    expect(document.body.components.schemas.ChannelsDto.properties.telegraph).toBeDefined();
    expect(document.body.components.schemas.TelegraphContent.properties.text).toMatchObject({ maxLength: 60 });
  });
});

describe('a plugin that cannot be', () => {
  let environment: NodeJS.ProcessEnv;
  beforeAll(async () => {
    environment = await anEnvironment();
  });

  async function boot(CHATAPI_PLUGINS: string): Promise<{ code: number | null; said: string }> {
    const env = { PATH: process.env.PATH, ...environment, CHATAPI_PLUGINS };
    const child = spawn(process.execPath, ['dist/main.js'], { cwd: ROOT, env, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, said };
  }

  it.each([
    [
      'is not installed',
      '@fixtures/nowhere',
      '@fixtures/nowhere of CHATAPI_PLUGINS cannot be found: install it beside chatapi.',
    ],
    [
      'is no file',
      fixture('with-no-file'),
      `${fixture('with-no-file')} of CHATAPI_PLUGINS cannot be found: the path is taken from the working folder.`,
    ],
    [
      'is none',
      fixture('with-nothing'),
      `${fixture('with-nothing')} of CHATAPI_PLUGINS exports no plugin: let it export what definePlugin makes.`,
    ],
    [
      'is of another version',
      fixture('with-other-version'),
      '@fixtures/tomorrow is for version ^2.0.0 of the extension contracts; this is version 1.0.0.',
    ],
    [
      'brings a kind that is there',
      fixture('with-taken-kind'),
      'Two providers are of the kind smtp: SmtpProvider of @chatapi/smtp and OtherSmtp of @fixtures/smtp.',
    ],
    [
      'brings a channel of the house itself',
      fixture('with-taken-channel'),
      'Two channels are named websocket: OtherWebsocket and WebsocketChannel.',
    ],
    [
      'brings a webhook scheme that is there',
      fixture('with-taken-scheme'),
      'Two webhook schemes are named stripe: StripeScheme of @chatapi/webhook-schemes and OtherStripe of @fixtures/stripe.',
    ],
    [
      'is named twice',
      `${fixture('with-channel')},${fixture('with-channel')}`,
      'The plugin @fixtures/telegraph is listed twice.',
    ],
  ])('ends the boot with a sentence when it %s', async (_what, names, sentence) => {
    expect(await boot(names)).toEqual({ code: 1, said: `${sentence}\n` });
  });

  it('is one that was made with another copy of the package than the one that runs', async () => {
    // This process runs the sources; what the fixture imports is the package.
    await expect(anApp({ ...environment, CHATAPI_PLUGINS: fixture('with-channel') })).rejects.toThrow(
      /^@fixtures\/telegraph was made with another copy of chatapi/,
    );
  });
});

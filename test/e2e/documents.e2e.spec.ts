import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HttpAdapterHost } from '@nestjs/core';
import type { Express } from 'express';
import { aClient, type TestClient } from '../builders/clients.js';
import { anApp, type TestApp } from '../support/app.js';
import { type Content, type Operation, theContract } from '../support/contract.js';
import { eventually } from '../support/eventually.js';
import { theSocketContract } from '../support/socket-contract.js';

let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  app = await anApp();
  client = await aClient(app);
}, 60_000);

afterAll(() => app.close());

const contract = theContract();

describe('the routes', () => {
  it('are exactly those of the document', () => {
    const documented = Object.entries(contract.document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method} ${path}`),
    );
    const served = servedRoutes().filter((route) => route.includes(' /api/v1/'));
    expect(served.filter((route) => !/\/(open|async)api[.]json$/.test(route)).sort()).toEqual(documented.sort());
  });

  it('outside the API are those of the operator and the documents', () => {
    const roots = servedRoutes().flatMap((route) => / (\/[^/]+)/.exec(route)?.[1] ?? []);
    expect([...new Set(roots)].sort()).toEqual(['/api', '/asyncapi', '/docs', '/metrics', '/redoc']);
  });

  it('answer a problem where there is nothing, at the root, too', async () => {
    const response = await fetch(`${app.url}/nothing`);
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.json()).toMatchObject({ code: 'not_found', requestId: response.headers.get('x-request-id') });
  });

  function servedRoutes(): string[] {
    const { router } = app.part(HttpAdapterHost).httpAdapter.getInstance<Express>();
    const routes = router.stack.flatMap(({ route }) => route ?? []);
    return routes.flatMap(({ path, stack }) =>
      stack.map(({ method }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`),
    );
  }
});

describe('the documents', () => {
  it('are served without a key, as they are in the repository', async () => {
    for (const [name, { document }] of [
      ['openapi', contract],
      ['asyncapi', theSocketContract()],
    ] as const) {
      const response = await fetch(`${app.url}/api/v1/${name}.json`);
      expect(response.headers.get('content-type')).toContain('application/json');
      expect(await response.json()).toEqual(document);
    }
  });

  it.each([
    ['/docs', 'swagger-ui'],
    ['/docs/', 'swagger-ui'],
    ['/redoc', '<redoc spec-url="/api/v1/openapi.json">'],
    ['/redoc/', '<redoc spec-url="/api/v1/openapi.json">'],
    ['/asyncapi', '<section id="command-message.send">'],
    ['/asyncapi/', '<section id="event-message.created">'],
  ])('are a page at %s, which has all it names from here and within its policy', async (path, holds) => {
    const page = await fetch(`${app.url}${path}`);
    const html = await page.text();
    const policy = page.headers.get('content-security-policy') ?? '';
    const assets = [...html.matchAll(/(?:src|href|spec-url)=["']([^"'#]+)["']/g)].map(
      ([, url]) => new URL(url!, page.url),
    );

    expect(page.status).toBe(200);
    expect(html).toContain(holds);
    expect(assets.length).toBeGreaterThan(1);
    expect(policy).toContain("default-src 'self'");
    expect(policy).not.toMatch(/upgrade-insecure-requests|unsafe-eval|https?:/);
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)[^>]*>/); // the policy forbids scripts inside the page
    for (const asset of assets) {
      expect(asset.origin).toBe(app.url);
      const response = await fetch(asset);
      expect({ asset: asset.pathname, status: response.status }).toEqual({ asset: asset.pathname, status: 200 });
      expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(100);
    }
  });

  it('give the page at /asyncapi every command, event and schema, and each link a place on it', async () => {
    const page = await (await fetch(`${app.url}/asyncapi`)).text();
    const places = new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
    const { operations, components } = theSocketContract().document;
    for (const { 'x-command': command, 'x-event': event } of Object.values(operations)) {
      if (command !== undefined) expect(places).toContain(`command-${command}`);
      if (event !== undefined) expect(places).toContain(`event-${event}`);
    }
    for (const name of Object.keys(components.schemas)) expect(places).toContain(`schema-${name}`);
    for (const [, place] of page.matchAll(/ href="#([^"]+)"/g)) expect(places).toContain(place);
    expect(page).not.toContain('undefined');
  });

  it('give the page at /docs the same document', async () => {
    const script = await (await fetch(`${app.url}/docs/swagger-ui-init.js`)).text();
    for (const path of Object.keys(contract.document.paths)) expect(script).toContain(`"${path}"`);
  });
});

/** Every call of {@link app} is held against the document; here are the calls that other suites need not make. */
describe('the answers fit the document', () => {
  it('for a conversation', async () => {
    const [ann, bob] = await Promise.all([client.login('ann', { email: 'ann@example.com' }), client.login('bob')]);
    const { body: room } = await ann.api.post('/rooms', {
      type: 'group',
      members: ['bob'],
      settings: { keepActive: true },
    });
    const first = await ann.api.post('/messages', { roomId: room.id, content: 'Hello', clientMessageId: '1' });
    const again = await ann.api.post('/messages', { roomId: room.id, content: 'Hello', clientMessageId: '1' });
    expect([first.status, again.status]).toEqual([201, 200]);

    const reads = [
      '/auth/me',
      '/clients/me',
      '/rooms?limit=1',
      `/rooms/${room.id}`,
      `/rooms/${room.id}/members`,
      `/rooms/${room.id}/events`,
      `/messages?roomId=${room.id}`,
      `/messages/${first.body.id}`,
    ];
    for (const path of reads) expect((await bob.api.get(path)).status).toBe(200);
    expect((await bob.api.post(`/rooms/${room.id}/read`, { seq: 1 })).status).toBe(200);
    expect((await ann.api.post(`/rooms/${room.id}/members`, { userId: 'carol' })).status).toBe(201);
    expect((await ann.api.delete(`/rooms/${room.id}/members/carol`)).status).toBe(204);
    for (const verb of ['deactivate', 'activate'])
      expect((await ann.api.post(`/rooms/${room.id}/${verb}`)).status).toBe(200);
    expect((await client.master.get('/rooms/all?type=group')).status).toBe(200);
  });

  it('for a notification and its timeline', async () => {
    const provider = await client.master.post('/providers', {
      kind: 'simulator',
      name: 'Simulator',
      settings: { channel: 'email' },
    });
    expect(provider.status).toBe(201);
    const sent = await client.master.post('/notifications/send', {
      to: [{ userId: 'ann' }, { email: 'delivered@simulator.test' }, { userId: 'nobody' }],
      channels: { email: { subject: 'Hello', text: 'Hello' }, websocket: { title: 'Hello' } },
    });
    expect(sent.status).toBe(202);
    const path = `/notifications/${sent.body.id}`;
    await eventually(async () => (await client.master.get(path)).body.counts.open === 0);
    const reads = [
      `${path}/deliveries`,
      `${path}/events`,
      '/notifications?limit=1',
      '/providers',
      '/providers/catalog',
    ];
    for (const read of reads) expect((await client.master.get(read)).status).toBe(200);
  });

  it('for the operator and the keys', async () => {
    const key = await client.master.post('/clients/me/keys', { name: 'orders', type: 'master' });
    expect(key.status).toBe(201);
    const rotated = await client.master.post(`/clients/me/keys/${key.body.keyId}/rotate`, {});
    expect(rotated.status).toBe(201);
    expect((await client.master.get('/clients/me/keys')).status).toBe(200);
    expect((await client.master.delete(`/clients/me/keys/${rotated.body.keyId}`)).status).toBe(204);
    expect((await app.operator.get('/clients')).status).toBe(200);
    expect(
      (await app.operator.patch(`/clients/${client.id}`, { settings: { limits: { connections: 9 } } })).status,
    ).toBe(200);
  });

  it('for refusals of every kind', async () => {
    const { api } = await client.login('dora', { scopes: ['rooms:read'] });
    const refused = await Promise.all([
      client.master.post('/rooms', { type: 'castle', colour: 'red' }),
      client.master.get('/rooms'),
      app.api().get('/rooms'),
      api.post('/rooms', { type: 'group' }),
      api.get('/rooms/all'),
      api.get('/rooms/0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11'),
      app.operator.post('/clients', { name: 'Twin', slug: client.slug }),
      client.master.post('/rooms', { type: 'group', metadata: { long: 'x'.repeat(300_000) } }),
      client.master.post('/rooms', 'type=group', { 'Content-Type': 'text/plain' }),
      client.master.post('/notifications/send', {
        to: { userId: 'x' },
        channels: { email: { subject: 'a', text: 'b' } },
      }),
    ]);
    expect(refused.map(({ status, body }) => `${status} ${body.code}`)).toEqual([
      '400 validation_failed',
      '400 user_required',
      '401 unauthenticated',
      '403 scope_missing',
      '403 forbidden',
      '404 not_found',
      '409 slug_taken',
      '413 payload_too_large',
      '415 unsupported_media_type',
      '422 no_recipient',
    ]);
  });
});

describe('the examples of the document', () => {
  const bodies = Object.entries(contract.document.paths).flatMap(([path, item]) => {
    const sent = item.post?.requestBody?.content['application/json'];
    return sent && !path.includes('{') ? [{ path, operation: item.post!, body: exampleIn(sent) }] : [];
  });

  it.each(bodies)('are accepted as they are: POST $path', async ({ path, operation, body }) => {
    const api = operation['x-scopes'].includes('operator') ? app.operator : client.master.as('ann');
    const roomId = path.endsWith('/messages') ? (await api.post('/rooms', { type: 'group' })).body.id : undefined;
    const { status } = await api.post(path.replace('/api/v1', ''), { ...body, ...(roomId && { roomId }) });
    expect(successesOf(operation)).toContain(status);
  });

  function exampleIn({ examples }: Content[string]): object {
    return contract.resolved<{ value: object }>(Object.values(examples)[0]!).value;
  }

  const successesOf = ({ responses }: Operation): number[] =>
    Object.keys(responses)
      .map(Number)
      .filter((status) => status < 300);
});

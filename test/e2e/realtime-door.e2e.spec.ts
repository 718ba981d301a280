import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import { aClient, type TestClient, type TestUser } from '../builders/clients.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { OpenSockets } from '../support/open-sockets.js';
import { rows } from '../support/rows.js';
import { RawTestSocket, type TransportName, TRANSPORTS } from '../support/sockets.js';

const SHOP = 'https://shop.example';

let app: TestApp;
let elsewhere: TestApp;
let client: TestClient;
let ann: TestUser;
const sockets = new OpenSockets();
const ends: (() => void)[] = [];

beforeAll(async () => {
  app = await anApp();
  elsewhere = await app.another();
}, 60_000);

beforeEach(async () => {
  client = await aClient(app);
  ann = await client.login('ann');
});

afterEach(() => {
  sockets.closeAll();
  ends.splice(0).forEach((end) => end());
});
afterAll(() => app.close());

/** What a handshake came to: who it let in, or how it was refused. */
interface Outcome {
  readonly userId?: string | null;
  readonly status?: number;
  readonly code?: string;
}

/** A handshake as a browser makes it: from a page, with a ticket or (on Socket.IO, and by tools) a key. */
function shake(
  transport: TransportName,
  { at = app, ...how }: { at?: TestApp; ticket?: string; key?: string; origin?: string },
): Promise<Outcome> {
  return transport === 'raw' ? shakeRaw(at.url, how) : shakeSocketIo(at.url, how);
}

function shakeRaw(url: string, { ticket, key, origin }: { ticket?: string; key?: string; origin?: string }) {
  const query = ticket === undefined ? '' : `?ticket=${encodeURIComponent(ticket)}`;
  const ws = new WebSocket(`${url.replace('http', 'ws')}/api/v1/websocket/open${query}`, {
    headers: { ...(key && { 'X-API-Key': key }), ...(origin && { Origin: origin }) },
  });
  ends.push(() => ws.terminate());
  return new Promise<Outcome>((resolve) => {
    ws.on('message', (data: Buffer) => resolve(JSON.parse(data.toString()).data as Outcome));
    ws.on('error', () => undefined);
    ws.on('unexpected-response', (_request, response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, code: JSON.parse(body).code as string }));
    });
  });
}

function shakeSocketIo(url: string, { ticket, key, origin }: { ticket?: string; key?: string; origin?: string }) {
  const socket = io(url, {
    path: '/sockets',
    transports: ['websocket'],
    auth: { ...(ticket !== undefined && { ticket }), ...(key && { apiKey: key }) },
    ...(origin && { extraHeaders: { Origin: origin } }),
    reconnection: false,
    forceNew: true,
  });
  ends.push(() => socket.disconnect());
  return new Promise<Outcome>((resolve) => {
    socket.on('ready', resolve);
    socket.on('connect_error', (error) => resolve((error as Error & { data: Outcome }).data));
  });
}

const aTicket = async (api = ann.api): Promise<string> => (await api.post('/auth/tickets')).body.ticket as string;

describe.each(TRANSPORTS)('a ticket over %s', (transport) => {
  const refused = transport === 'raw' ? { status: 401, code: 'unauthenticated' } : { code: 'unauthenticated' };

  it('opens one socket of its key, on whichever node', async () => {
    const { status, body } = await ann.api.post('/auth/tickets');

    const first = await shake(transport, { at: elsewhere, ticket: body.ticket });
    const again = await Promise.all([app, elsewhere].map((at) => shake(transport, { at, ticket: body.ticket })));

    expect(status).toBe(200);
    expect(body).toEqual({ ticket: expect.stringMatching(/^ct_/), expiresInSeconds: 30 });
    expect(first).toMatchObject({ userId: 'ann' });
    for (const outcome of again) expect(outcome).toMatchObject(refused);
  });

  it('opens one even when ten ask at once, over two nodes', async () => {
    const ticket = await aTicket();

    const outcomes = await Promise.all(
      Array.from({ length: 10 }, (_, n) => shake(transport, { at: n % 2 ? app : elsewhere, ticket })),
    );

    expect(outcomes.filter(({ userId }) => userId === 'ann')).toHaveLength(1);
    expect(outcomes.filter(({ code }) => code === 'unauthenticated')).toHaveLength(9);
  });

  it('is worth nothing after its 30 s, after its key, and when it is made up', async () => {
    const late = await aTicket();
    await rows(app, `UPDATE tickets SET expires_at = now() - interval '1 ms'`);
    const orphan = await aTicket();
    await ann.api.post('/auth/logout');

    for (const ticket of [late, orphan, `ct_${'a'.repeat(43)}`, ann.apiKey, ''])
      expect(await shake(transport, { ticket })).toMatchObject(refused);
  });

  it('dies with its key like any other socket of it', async () => {
    const ticket = await aTicket();
    const socket = transport === 'raw' ? sockets.keep(new RawTestSocket(app.url, undefined, { ticket })) : undefined;
    if (socket) await socket.hears('ready');
    else await shake(transport, { ticket });

    await client.login('ann');

    if (socket) expect(await socket.ends()).toMatchObject({ code: 4003 });
    expect((await shake(transport, { ticket: await aTicket((await client.login('bob')).api) })).userId).toBe('bob');
  });
});

describe.each(TRANSPORTS)('the origin of a page, over %s', (transport) => {
  const refused = transport === 'raw' ? { status: 403, code: 'forbidden' } : { code: 'forbidden' };

  it('is any when the client names none', async () => {
    expect(await shake(transport, { key: ann.apiKey, origin: 'https://anywhere.example' })).toMatchObject({
      userId: 'ann',
    });
  });

  it('must be one that the client names, with a key and with a ticket; who is no browser has none', async () => {
    await client.master.patch('/clients/me', { settings: { allowedOrigins: [SHOP] } });
    const at = async (origin: string | undefined) => ({
      withKey: await shake(transport, { at: elsewhere, key: ann.apiKey, ...(origin && { origin }) }),
      withTicket: await shake(transport, { ticket: await aTicket(), ...(origin && { origin }) }),
    });
    await eventually(async () => {
      const { withKey, withTicket } = await at('https://evil.example');
      return withKey.code === 'forbidden' && withTicket.code === 'forbidden';
    });

    for (const origin of ['https://evil.example', 'http://shop.example', `${SHOP}.evil.example`])
      expect(await at(origin)).toMatchObject({ withKey: refused, withTicket: refused });
    for (const origin of [SHOP, undefined])
      expect(await at(origin)).toMatchObject({ withKey: { userId: 'ann' }, withTicket: { userId: 'ann' } });
  });
});

it('the origin of a page holds for a key in a first frame too', async () => {
  await client.master.patch('/clients/me', { settings: { allowedOrigins: [SHOP] } });
  const socket = sockets.keep(new RawTestSocket(app.url, undefined, { origin: 'https://evil.example' }));
  await eventually(() => socket.ws.readyState === WebSocket.OPEN);

  const { error } = await socket.command('connect', { apiKey: ann.apiKey });

  expect(error).toMatchObject({ code: 'forbidden' });
  expect(await socket.ends()).toMatchObject({ code: 4001 });
});

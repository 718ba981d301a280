import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import { aClient, aRoom, type TestClient } from '../builders/clients.js';
import { anApp, type TestApp } from '../support/app.js';
import { OpenSockets } from '../support/open-sockets.js';
import { aProcess } from '../support/processes.js';
import { TRANSPORTS } from '../support/sockets.js';

const DRAIN_SECONDS = 5;
const SOCKETS = 12;

let app: TestApp;
let client: TestClient;
const sockets = new OpenSockets();

beforeAll(async () => {
  app = await anApp();
  client = await aClient(app);
}, 60_000);

afterAll(async () => {
  sockets.closeAll();
  await app.close();
});

describe.each(TRANSPORTS)('a process that stops, over %s', (transport) => {
  it('lets its sockets go one by one, answers what they ask meanwhile, lets nobody in, and ends in time', async () => {
    const stopping = await aProcess({ ...app.environment, DRAIN_SECONDS: String(DRAIN_SECONDS) });
    const { apiKey } = await client.login('ann');
    const roomId = await aRoom(client, { type: 'group', members: ['ann'] });
    const opened = await Promise.all(
      Array.from({ length: SOCKETS }, () => sockets.open(transport, stopping.url, apiKey)),
    );

    const stoppedAt = Date.now();
    const exit = stopping.stop();
    const hints = await Promise.all(
      opened.map(async (socket) => (await socket.hears('server.draining')).data.reconnectAfterMs as number),
    );
    const last = opened[hints.indexOf(Math.max(...hints))]!;
    const sent = await last.command('message.send', { roomId, content: 'Still here' });
    const refusals = [await refusedRaw(stopping.url, apiKey), await refusedSocketIo(stopping.url, apiKey)];
    const ends = await Promise.all(
      opened.map(async (socket) => ({ ...(await socket.ends()), afterMs: Date.now() - stoppedAt })),
    );
    const code = await exit;

    expect(sent.ok).toMatchObject({ message: { content: 'Still here' } });
    expect(refusals).toEqual([
      { status: 503, retryAfter: expect.any(Number), code: 'unavailable' },
      { temporary: true, retryAfter: expect.any(Number), code: 'unavailable' },
    ]);
    for (const { retryAfter } of refusals) expect(retryAfter).toBeGreaterThanOrEqual(1);
    expect(ends.map((end) => end.code)).toEqual(Array.from({ length: SOCKETS }, () => 4200));
    expect(new Set(hints).size).toBeGreaterThan(SOCKETS - 2);
    expect(Math.max(...hints)).toBeLessThanOrEqual(DRAIN_SECONDS * 1_000);
    ends.forEach(({ afterMs }, at) => {
      expect(afterMs).toBeGreaterThan(hints[at]! - 100);
      expect(afterMs).toBeLessThan(hints[at]! + 5_000);
    });
    expect(Math.max(...hints) - Math.min(...hints)).toBeGreaterThan(DRAIN_SECONDS * 500);
    expect(code).toBe(0);
    expect(Date.now() - stoppedAt).toBeLessThan((DRAIN_SECONDS + 10) * 1_000);
  }, 60_000);
});

interface Refusal {
  readonly status?: number | undefined;
  readonly temporary?: boolean;
  readonly code: string;
  readonly retryAfter: number;
}

/** A raw handshake's refusal. */
function refusedRaw(url: string, apiKey: string): Promise<Refusal> {
  const ws = new WebSocket(`${url.replace('http', 'ws')}/api/v1/websocket/open`, { headers: { 'X-API-Key': apiKey } });
  return new Promise((resolve, reject) => {
    ws.on('open', () => reject(new Error('It was let in.')));
    ws.on('error', () => undefined);
    ws.on('unexpected-response', (_request, response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => {
        const { code } = JSON.parse(body) as { code: string };
        resolve({ status: response.statusCode, retryAfter: Number(response.headers['retry-after']), code });
      });
    });
  });
}

function refusedSocketIo(url: string, apiKey: string): Promise<Refusal> {
  const options = { path: '/sockets', transports: ['websocket'], auth: { apiKey }, reconnection: false };
  const socket = io(url, { ...options, forceNew: true });
  return new Promise((resolve, reject) => {
    socket.on('connect', () => reject(new Error('It was let in.')));
    socket.on('connect_error', (error) => {
      const { data } = error as Error & { data: Omit<Refusal, 'retryAfter'> & { retryAfterMs: number } };
      const { code, temporary = false, retryAfterMs } = data;
      socket.disconnect();
      resolve({ temporary, retryAfter: retryAfterMs / 1_000, code });
    });
  });
}

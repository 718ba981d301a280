import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { HttpAdapterHost } from '@nestjs/core';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { ResolvedEnv } from '../../config/index.js';
import { Linger } from './linger.js';

const LINGER_SECONDS = 0.3;
let server: Server;
let port: number;

beforeEach(async () => {
  server = createServer((_request, response) => response.end('here')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});
afterEach(() => server.closeAllConnections());

const lingerOf = (seconds: number): Linger =>
  new Linger(
    { httpAdapter: { getHttpServer: () => server } } as unknown as HttpAdapterHost,
    {
      LINGER_SECONDS: seconds,
    } as ResolvedEnv,
  );

async function connected(): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

async function answerOn(socket: Socket): Promise<string> {
  socket.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n');
  return String((await once(socket, 'data'))[0]);
}

it('a process that is told to stop still answers new callers, and closes their connections with the answer', async () => {
  const before = await answerOn(await connected());
  const linger = lingerOf(2);
  linger.onModuleDestroy();

  expect(before).toContain('Connection: keep-alive');
  expect(await answerOn(await connected())).toContain('Connection: close');
  await linger.beforeApplicationShutdown();
});

it('what comes on a connection that is kept from before is answered when it no longer listens', async () => {
  const early = await connected();
  await answerOn(early);
  const linger = lingerOf(LINGER_SECONDS);
  linger.onModuleDestroy();
  const refused = async () =>
    once(connect(port, '127.0.0.1'), 'connect').then(
      () => false,
      () => true,
    );
  while (!(await refused()));

  expect(await answerOn(early)).toContain('here');
  await linger.beforeApplicationShutdown();
});

it('one that shall not linger does not', async () => {
  const linger = lingerOf(0);
  linger.onModuleDestroy();

  await linger.beforeApplicationShutdown();
  expect(server.listening).toBe(true);
});

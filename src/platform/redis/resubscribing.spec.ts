import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Redis as Connection } from 'ioredis';
import { hearResubscribing } from './resubscribing.js';

const SUBSCRIBED = '*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n';
let connections = 0;
/** Answers its first connection and breaks it; the next ones ask for nothing that they get. */
const redis = createServer((socket) => {
  const isFirst = ++connections === 1;
  socket.on('data', () => isFirst && socket.end(SUBSCRIBED));
});

beforeAll(() => once(redis.listen(0, '127.0.0.1'), 'listening'));
afterAll(() => void redis.close());

it('a connection may be closed while it subscribes anew, and who subscribed by hand learns of it', async () => {
  hearResubscribing();
  const { port } = redis.address() as AddressInfo;
  const options = { enableReadyCheck: false, disableClientInfo: true, retryStrategy: () => 5 };
  const connection = new Connection(port, '127.0.0.1', { ...options, maxRetriesPerRequest: null });
  await connection.subscribe('news');
  await once(connection, 'ready');
  const byHand = connection.subscribe('more');
  connection.disconnect();

  // Jest fails a test in which a promise fails that nobody holds, as the one of subscribing anew to the news.
  await expect(byHand).rejects.toThrow('Connection is closed.');
});

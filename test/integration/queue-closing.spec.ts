import type { DiscoveryService } from '@nestjs/core';
import { expect, it, jest } from '@jest/globals';
import Bull from 'bull';
import { QueueClosing } from '../../src/platform/queue/queue-closing.js';
import { eventually } from '../support/eventually.js';
import { aRedis } from '../support/servers.js';

it('a queue that closes with a job in hand says no QUIT, after which what the job writes would break the connection', async () => {
  const { url, prefix } = aRedis();
  const queue = new Bull('work', url, { prefix: `{${prefix}}` });
  let begun: () => void = () => undefined;
  let end: () => void = () => undefined;
  const begins = new Promise<void>((resolve) => (begun = resolve));
  const ends = new Promise<void>((resolve) => (end = resolve));
  void queue.process(() => (begun(), ends));
  await queue.add({});
  await begins;
  const quit = jest.spyOn(queue.client, 'quit');
  const closing = new QueueClosing({ getProviders: () => [{ instance: queue }] } as unknown as DiscoveryService);
  closing.onApplicationBootstrap();

  await closing.onApplicationShutdown();
  end();

  expect(quit).not.toHaveBeenCalled();
  await eventually(() => queue.clients.every(({ status }) => status === 'end'));
});

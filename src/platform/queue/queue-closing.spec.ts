import type { OnApplicationShutdown } from '@nestjs/common';
import type { DiscoveryService } from '@nestjs/core';
import { expect, it, jest } from '@jest/globals';
import Bull from 'bull';
import { QueueClosing } from './queue-closing.js';

/** A queue as Nest holds it, on no connection. */
const aQueue = (parts: object): OnApplicationShutdown =>
  Object.assign(Object.create(Bull.prototype) as OnApplicationShutdown, { name: 'work', clients: [], ...parts });

async function stop(queue: OnApplicationShutdown): Promise<void> {
  new QueueClosing({
    getProviders: () => [{ instance: queue }],
  } as unknown as DiscoveryService).onApplicationBootstrap();
  await queue.onApplicationShutdown();
}

it('a connection that breaks while its queue is closed does not make the end of the process an ill one', async () => {
  const disconnect = jest.fn();
  const close = () => Promise.reject(new Error('read ECONNRESET'));

  await expect(stop(aQueue({ close, clients: [{ disconnect }] }))).resolves.toBeUndefined();
  expect(disconnect).toHaveBeenCalled();
});

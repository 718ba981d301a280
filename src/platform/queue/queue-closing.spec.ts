import type { DiscoveryService } from '@nestjs/core';
import { expect, it, jest } from '@jest/globals';
import Bull from 'bull';
import { QueueClosing } from './queue-closing.js';

/** A queue as Nest holds it, on no connection. */
const aQueue = (parts: object): object =>
  Object.assign(Object.create(Bull.prototype) as object, { name: 'work', clients: [], ...parts });

function closingOf(...queues: object[]): QueueClosing {
  const getProviders = () => queues.map((instance) => ({ instance }));
  const closing = new QueueClosing({ getProviders } as unknown as DiscoveryService);
  closing.onApplicationBootstrap();
  return closing;
}

it('a connection that breaks while its queue is closed does not make the end of the process an ill one', async () => {
  const disconnect = jest.fn();
  const close = () => Promise.reject(new Error('read ECONNRESET'));

  await expect(
    closingOf(aQueue({ close, clients: [{ disconnect }] })).onApplicationShutdown(),
  ).resolves.toBeUndefined();
  expect(disconnect).toHaveBeenCalled();
});

it('queues close together, not one after another', async () => {
  const closing: (() => void)[] = [];
  const close = () => new Promise<void>((resolve) => closing.push(resolve));
  const stopped = closingOf(aQueue({ close }), aQueue({ close })).onApplicationShutdown();

  expect(closing).toHaveLength(2);
  closing.forEach((done) => done());
  await stopped;
});

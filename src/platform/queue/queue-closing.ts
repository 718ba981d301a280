import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import Bull from 'bull';

const CLOSE_WITHIN_MS = 1_000;

/**
 * Closes the queues when the process stops. Bull waits for jobs in hand, and one whose answer was lost with a Redis
 * that went away never ends. What runs is drained by who runs it, and jobs are hints: nothing is lost by not waiting.
 */
@Injectable()
export class QueueClosing implements OnApplicationBootstrap {
  constructor(private readonly discovery: DiscoveryService) {}

  /** In place of the hook that `@nestjs/bull` gives each queue. */
  onApplicationBootstrap(): void {
    for (const { instance } of this.discovery.getProviders())
      if (instance instanceof Bull) Object.assign(instance, { onApplicationShutdown: () => close(instance) });
  }
}

const log = new Logger(QueueClosing.name);

/** Never fails: a connection that breaks while it is closed is closed, and a failing hook would end the process ill. */
async function close(queue: Bull.Queue): Promise<void> {
  const closed = queue
    .close(true)
    .catch((error: unknown) => log.warn(`Queue ${queue.name} broke off: ${String(error)}`));
  await Promise.race([closed, delay(CLOSE_WITHIN_MS, undefined, { ref: false })]);
  for (const client of queue.clients) client.disconnect();
}

import { setTimeout as delay } from 'node:timers/promises';
import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import Bull from 'bull';

const CLOSE_WITHIN_MS = 1_000;

/**
 * Closes the queues when the process stops. Bull waits for jobs in hand, and one whose answer was lost with a Redis
 * that went away never ends. What runs is drained by who runs it, and jobs are hints: nothing is lost by not waiting.
 */
@Injectable()
export class QueueClosing implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown {
  private readonly log = new Logger(QueueClosing.name);
  private queues: readonly Bull.Queue[] = [];

  constructor(private readonly discovery: DiscoveryService) {}

  /** Takes from each queue the hook that `@nestjs/bull` gave it: the hooks of modules run one after another. */
  onApplicationBootstrap(): void {
    this.queues = this.discovery.getProviders().flatMap(({ instance }) => (instance instanceof Bull ? [instance] : []));
    for (const queue of this.queues) Object.assign(queue, { onApplicationShutdown: () => undefined });
  }

  /** What comes from here on is for others: whoever stops takes nothing new, and a hint that it has taken is lost. */
  onModuleDestroy(): void {
    for (const queue of this.queues) {
      queue
        .pause(true, true)
        .catch((error: unknown) => this.log.debug(`Queue ${queue.name} was not paused: ${String(error)}`));
      letGo(queue);
    }
  }

  /** All at once, as Bull waits half a second for each. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.queues.map((queue) => this.close(queue)));
  }

  /** Never fails: a connection that breaks while it is closed is closed, and a failing hook would end the process ill. */
  private async close(queue: Bull.Queue): Promise<void> {
    const disconnect = () => queue.clients.forEach((client) => client.disconnect());
    // Bull's own says QUIT first. What a job in hand writes after that breaks the connection, with that the closing, and with
    // that the promise of `process()`, which nobody holds: an unhandled rejection.
    Object.assign(queue, { disconnect: async () => Promise.resolve(disconnect()) });
    const closed = queue
      .close(true)
      .catch((error: unknown) => this.log.warn(`Queue ${queue.name} broke off: ${String(error)}`));
    letGo(queue);
    await Promise.race([closed, delay(CLOSE_WITHIN_MS, undefined, { ref: false })]);
    disconnect();
  }
}

/** A connection that waits for a job answers to nothing else, and Bull would give it half a second. */
function letGo(queue: Bull.Queue): void {
  for (const client of queue.clients) if ('blocked' in client && client.blocked) client.disconnect();
}

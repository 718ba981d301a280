import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Redis as Connection } from 'ioredis';
import { ENV, type ResolvedEnv } from '../../config/index.js';
import { keepAsking } from './keep-asking.js';
import { hearResubscribing } from './resubscribing.js';

hearResubscribing();

/** Redis is speed, never truth: a command that takes longer than this is answered without it. */
const COMMAND_TIMEOUT_MS = 500;
const RECONNECT_CAP_MS = 2_000;
/** What a request waits at most for an answer that it can do without. */
const QUICK_MS = 150;
const LOOK_AGAIN_MS = 50;
const ASK_EVERY_MS = 5_000;

/**
 * The process's connections to Redis. Commands fail at once while Redis is away; callers go on without it.
 */
@Injectable()
export class Redis implements OnApplicationShutdown {
  private readonly log = new Logger(Redis.name);
  private readonly connections: Connection[] = [];
  private isStalled = false;
  readonly prefix: string;
  /** For commands; those of one tick travel together. */
  readonly commands: Connection;

  constructor(@Inject(ENV) private readonly env: ResolvedEnv) {
    this.prefix = env.REDIS_PREFIX;
    this.commands = this.connect('commands', { enableAutoPipelining: true, commandTimeout: COMMAND_TIMEOUT_MS });
  }

  get isUp(): boolean {
    return this.commands.status === 'ready';
  }

  /**
   * For what can be done without Redis.
   * @returns null when it is away, refuses, or is not quick; nobody waits for it again until it has answered
   */
  quick<T>(ask: () => Promise<T>): Promise<T | null> {
    if (!this.isUp || this.isStalled) return Promise.resolve(null);
    return new Promise((resolve) => {
      const isLate = () => {
        resolve(null);
        if (isOpen && !this.isStalled) void this.untilItAnswers();
      };
      let isOpen = true;
      const timer = setTimeout(() => setImmediate(isLate), QUICK_MS); // what has come already counts first
      const settle = (value: T | null) => {
        isOpen = false;
        clearTimeout(timer);
        resolve(value);
      };
      ask().then(settle, () => settle(null));
    });
  }

  key(...parts: string[]): string {
    return [this.prefix, ...parts].join(':');
  }

  /** A connection of its own, for subscriptions. It keeps its subscriptions over reconnects. */
  subscriber(name: string): Connection {
    return this.connect(name, { autoResubscribe: true, enableOfflineQueue: true, maxRetriesPerRequest: null });
  }

  async onApplicationShutdown(): Promise<void> {
    for (const connection of this.connections) connection.disconnect();
    await Promise.resolve();
  }

  private async untilItAnswers(): Promise<void> {
    this.isStalled = true;
    while (this.isUp) {
      const isBack = await this.commands.ping().then(
        () => true,
        () => false,
      );
      if (isBack) break;
      await delay(LOOK_AGAIN_MS, undefined, { ref: false });
    }
    this.isStalled = false;
  }

  private connect(name: string, options: object): Connection {
    const connection = new Connection(this.env.REDIS_URL, {
      connectionName: `chatapi-${name}`,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 1,
      retryStrategy: (tries) => Math.min(50 * tries, RECONNECT_CAP_MS),
      reconnectOnError: (error) => /READONLY|LOADING/.test(error.message),
      ...options,
    });
    let reported = false;
    connection.on('error', (error: Error) => {
      if (!reported) this.log.warn(`Redis (${name}) is out of reach: ${error.message}. Going on without it.`);
      reported = true;
    });
    connection.on('ready', () => {
      if (reported) this.log.log(`Redis (${name}) is back.`);
      reported = false;
    });
    this.connections.push(connection);
    keepAsking(connection, ASK_EVERY_MS, () => this.log.warn(`Redis (${name}) does not answer. Connecting anew.`));
    return connection;
  }
}

import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Redis as Connection } from 'ioredis';
import { ENV, type ResolvedEnv } from '../../config/index.js';

/** Redis is speed, never truth: a command that takes longer than this is answered without it. */
const COMMAND_TIMEOUT_MS = 500;
const RECONNECT_CAP_MS = 2_000;

/**
 * The process's connections to Redis. Commands fail at once while Redis is away; callers go on without it.
 */
@Injectable()
export class Redis implements OnApplicationShutdown {
  private readonly log = new Logger(Redis.name);
  private readonly connections: Connection[] = [];
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
    return connection;
  }
}

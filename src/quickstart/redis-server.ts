import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { QuickstartFault } from './fault.js';
import { lastWords, sizeOf } from './server-log.js';
import { Supervised, type Spawned } from './supervised.js';

export interface RedisOptions {
  /** A `redis-server` or `valkey-server`. */
  readonly binary: string;
  readonly data: string;
  readonly port: number;
  readonly logFile: string;
  /** False for throw-away servers: nothing is written to disk. */
  readonly durable: boolean;
  /** The folder to remove when the parent dies; for throw-away servers. */
  readonly leavings?: string;
}

const POLL_MS = 15;
const READY_MS = 60_000;

/** One Redis on the loopback. */
export class RedisServer {
  private server?: Supervised;

  constructor(private readonly options: RedisOptions) {}

  /** Resolves when the running server ends, whoever ended it. */
  get ended(): Promise<unknown> | undefined {
    return this.server?.ended;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.options.port}`;
  }

  /** Starts the server and waits until it has loaded its data and answers. */
  async start(spawned: Spawned = () => undefined): Promise<void> {
    const { binary, data, port, logFile, leavings } = this.options;
    mkdirSync(data, { recursive: true, mode: 0o700 });
    const logFrom = sizeOf(logFile);
    const server = new Supervised(binary, this.serverArguments(), { logFile, leavings });
    this.server = server;
    spawned(server);
    let over = false;
    void server.ended.then(() => (over = true));
    for (const deadline = Date.now() + READY_MS; !over && Date.now() < deadline; await pause(POLL_MS)) {
      if (await answers(port)) return;
    }
    await server.stop();
    throw new QuickstartFault(
      `Redis did not start (${lastWords(logFile, logFrom)}): see ${logFile}, or set REDIS_URL to a Redis of your own.`,
    );
  }

  async stop(): Promise<void> {
    await this.server?.stop();
  }

  /** As a power cut would end it. */
  async kill(): Promise<void> {
    await this.server?.kill();
  }

  private serverArguments(): string[] {
    const { data, port, durable } = this.options;
    return [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--dir',
      data,
      '--save',
      '',
      '--appendonly',
      durable ? 'yes' : 'no',
      '--daemonize',
      'no',
    ];
  }
}

/** A server that still loads its data answers with an error, and is not ready. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write('PING\r\n'));
    const settle = (ready: boolean): void => {
      socket.destroy();
      resolve(ready);
    };
    socket.setTimeout(1_000, () => settle(false));
    socket.once('data', (answer) => settle(answer.toString().startsWith('+PONG')));
    socket.once('error', () => settle(false));
  });
}

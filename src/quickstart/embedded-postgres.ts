import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { QuickstartFault } from './fault.js';
import type { Home } from './home.js';
import { choosePort } from './ports.js';
import { postgresAccount, reaches } from './postgres-account.js';
import { findBinaries, SYSTEM_FOLDER } from './postgres-binaries.js';
import { PostgresServer } from './postgres-server.js';
import type { Account, Spawned } from './supervised.js';

const DATABASE = 'chatapi';
const WRONG_PASSWORD = '28P01';

/** The quickstart's PostgreSQL: durable, at the address of the last start where that is free. */
export class EmbeddedPostgres {
  private constructor(
    private readonly home: Home,
    private readonly server: PostgresServer,
  ) {}

  static async of(home: Home, password: string): Promise<EmbeddedPostgres> {
    const { postgresPort, postgresFolder } = home.remembered();
    const account = postgresAccount(join(postgresFolder ?? home.folder, 'postgres'));
    const folder = postgresFolder ?? roomFor(home, account);
    const port = await choosePort(postgresPort);
    home.remember({ postgresPort: port, postgresFolder: folder === home.folder ? undefined : folder });
    const options = { binaries: findBinaries(account), data: join(folder, 'postgres'), account, port, password };
    return new EmbeddedPostgres(
      home,
      new PostgresServer({ ...options, logFile: home.path('postgres.log'), durable: true }),
    );
  }

  get url(): string {
    return this.server.url(DATABASE);
  }

  get ended(): Promise<unknown> | undefined {
    return this.server.ended;
  }

  async start(spawned: Spawned): Promise<void> {
    await this.server.start(spawned);
    await this.makeDatabase();
  }

  private async makeDatabase(): Promise<void> {
    const client = new Client({ connectionString: this.server.url('postgres') });
    try {
      await client.connect();
      const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
      if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
    } catch (error) {
      if ((error as { code?: string }).code !== WRONG_PASSWORD) throw error;
      throw new QuickstartFault(
        `The password in ${this.home.path('secrets.json')} is not the one of the data beside it: restore that file, or delete ${this.home.folder} to begin anew.`,
      );
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

/** The quickstart's own folder; or, when PostgreSQL's user cannot enter that (a checkout in /root), one where it can. */
function roomFor(home: Home, account: Account | undefined): string {
  if (!account || reaches(account, home.folder)) return home.folder;
  const folder = join(SYSTEM_FOLDER, randomBytes(6).toString('hex'));
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  return folder;
}

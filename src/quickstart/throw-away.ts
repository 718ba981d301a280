import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { choosePort } from './ports.js';
import { postgresAccount, reaches } from './postgres-account.js';
import { findBinaries } from './postgres-binaries.js';
import { PostgresServer } from './postgres-server.js';
import { redisBinary } from './redis-binary.js';
import { RedisServer } from './redis-server.js';
import type { Account } from './supervised.js';

interface Server {
  start(): Promise<void>;
  stop(): Promise<void>;
  kill(): Promise<void>;
}

/** A server for one run of the tests or the benchmark, on a port of its own, gone with the process that made it. */
export class ThrowAway<T extends Server> {
  private constructor(
    readonly server: T,
    private readonly folder: string,
  ) {}

  static async start<T extends Server>(folder: string, make: (port: number) => T): Promise<ThrowAway<T>> {
    for (let chances = 3; ; chances--) {
      // A free port may be taken by a neighbour before the server has it.
      const server = make(await choosePort());
      try {
        await server.start();
        return new ThrowAway(server, folder);
      } catch (error) {
        if (chances > 1) continue;
        rmSync(folder, { recursive: true, force: true });
        throw error;
      }
    }
  }

  /** Starts it again on the same port and data. */
  async restart(): Promise<void> {
    await this.server.stop();
    await this.server.start();
  }

  async remove(): Promise<void> {
    await this.server.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** @param durable whether a commit waits for the disk, as in production; tests are quick rather than safe */
export function throwAwayPostgres({ durable = false } = {}): Promise<ThrowAway<PostgresServer>> {
  const account = postgresAccount('');
  const folder = temporaryFolder('postgres', account);
  const options = {
    binaries: findBinaries(account),
    account,
    data: join(folder, 'data'),
    logFile: join(folder, 'log'),
    password: randomBytes(12).toString('hex'),
  };
  return ThrowAway.start(folder, (port) => new PostgresServer({ ...options, port, durable, leavings: folder }));
}

/** @param path where a Redis is looked for */
export async function throwAwayRedis(path: string): Promise<ThrowAway<RedisServer>> {
  const binary = await redisBinary({ path, say: (line) => console.log(line) });
  const folder = temporaryFolder('redis');
  return ThrowAway.start(
    folder,
    (port) =>
      new RedisServer({ binary, data: folder, logFile: join(folder, 'log'), port, durable: false, leavings: folder }),
  );
}

function temporaryFolder(name: string, account?: Account): string {
  const parent = [tmpdir(), '/tmp'].find((candidate) => !account || reaches(account, candidate)) ?? tmpdir();
  const folder = mkdtempSync(join(parent, `chatapi-${name}-`));
  if (account) chownSync(folder, account.uid, account.gid);
  return folder;
}

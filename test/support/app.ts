import type { Type } from '@nestjs/common';
import { boot, type Running } from '../../src/boot.js';
import { readEnv } from '../../src/config/index.js';
import { Api } from './api.js';
import { aDatabase, aRedis } from './servers.js';

export const ADMIN_KEY = 'the-operators-key-of-this-test';

/** Settings of a process under test: its own database and Redis prefix, quiet, and quick where the service is patient. */
export async function anEnvironment(settings: NodeJS.ProcessEnv = {}): Promise<NodeJS.ProcessEnv> {
  const redis = settings.REDIS_URL === undefined ? aRedis() : { url: settings.REDIS_URL, prefix: 'its-own' };
  return {
    DATABASE_URL: settings.DATABASE_URL ?? (await aDatabase()),
    REDIS_URL: redis.url,
    REDIS_PREFIX: redis.prefix,
    ADMIN_KEY,
    SECRET_KEY: 'a-secret-key-for-tests',
    LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
    HOST: '127.0.0.1',
    PORT: '0',
    DATABASE_POOL_SIZE: '8',
    DRAIN_SECONDS: '2',
    LINGER_SECONDS: '0',
    EGRESS_ALLOW_CIDRS: '127.0.0.0/8',
    ...settings,
  };
}

/** The service in this process. */
export interface TestApp {
  readonly url: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly operator: Api;
  /** Calls with a key, or with none. */
  api(key?: string): Api;
  /** A part of the running house, such as the clock; a queue of Bull by its token. */
  part<T>(type: Type<T> | string): T;
  /** A second process of the installation: the same database and Redis. */
  another(settings?: NodeJS.ProcessEnv): Promise<TestApp>;
  close(): Promise<void>;
}

export async function anApp(settings: NodeJS.ProcessEnv = {}): Promise<TestApp> {
  const environment = await anEnvironment(settings);
  // Nothing is written, and all of it is looked through: see logs-are-watched.ts.
  const LOG_LEVEL = environment.LOG_LEVEL === 'silent' ? 'trace' : environment.LOG_LEVEL;
  const running: Running = await boot(readEnv({ ...environment, LOG_LEVEL }));
  const others: TestApp[] = [];
  const api = (key?: string) => new Api(running.url, key === undefined ? {} : { Authorization: `Bearer ${key}` });
  return {
    url: running.url,
    environment,
    operator: api(ADMIN_KEY),
    api,
    part: (type) => running.app.get(type, { strict: false }),
    another: async (more = {}) => {
      const other = await anApp({ ...environment, ...more });
      others.push(other);
      return other;
    },
    close: async () => {
      await Promise.all(others.map((other) => other.close()));
      await running.close();
    },
  };
}

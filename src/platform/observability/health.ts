import { Injectable } from '@nestjs/common';
import { Database, statement } from '../database/index.js';
import { Redis } from '../redis/index.js';

export type Check = 'up' | 'down';
export interface Health {
  readonly status: 'ok' | 'degraded' | 'down';
  readonly checks: { readonly database: Check; readonly redis: Check; readonly queues: Check };
}

const PING = statement('health.ping', 'SELECT 1 AS up');
const PATIENCE_MS = 1_000;

/** Only PostgreSQL is vital: without Redis the service goes on, slower. */
@Injectable()
export class HealthService {
  constructor(
    private readonly database: Database,
    private readonly redis: Redis,
  ) {}

  async check(): Promise<Health> {
    const [database, redis] = await Promise.all([
      answers(this.database.query(PING)),
      answers(this.redis.isUp ? this.redis.commands.ping() : Promise.reject(new Error('down'))),
    ]);
    const status = database === 'down' ? 'down' : redis === 'down' ? 'degraded' : 'ok';
    // The queues' hints travel through Redis; the work itself is in PostgreSQL.
    return { status, checks: { database, redis, queues: redis } };
  }
}

async function answers(probe: Promise<unknown>): Promise<Check> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Check>((resolve) => {
    timer = setTimeout(() => resolve('down'), PATIENCE_MS);
  });
  return Promise.race([probe.then((): Check => 'up').catch((): Check => 'down'), late]).finally(() =>
    clearTimeout(timer),
  );
}

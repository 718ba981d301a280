import { Inject, Injectable } from '@nestjs/common';
import { ENV, type ResolvedEnv, VERSION } from '../../config/index.js';
import { Database } from '../database/index.js';
import { Redis } from '../redis/index.js';
import { HealthService } from './health.js';
import type { JsonLogger } from './logger.js';
import { Metrics } from './metrics.js';

/** What every process says of itself, whatever its role. */
@Injectable()
export class ProcessGauges {
  private readonly errors;

  constructor(
    metrics: Metrics,
    health: HealthService,
    database: Database,
    redis: Redis,
    @Inject(ENV) { ROLE: role }: ResolvedEnv,
  ) {
    metrics.gauge('info', 'Always 1: what runs here', ['version', 'role']).set({ version: VERSION, role }, 1);
    metrics.gauge('redis_up', 'Whether this process reaches Redis', [], (gauge) => gauge.set(redis.isUp ? 1 : 0));
    metrics.gauge('database_up', 'Whether PostgreSQL answers this process', [], async (gauge) =>
      gauge.set((await health.check()).checks.database === 'up' ? 1 : 0),
    );
    metrics.gauge('database_connections', 'Connections to PostgreSQL, by use', ['state'], (gauge) => {
      const { busy, idle } = database.connections;
      gauge.set({ state: 'busy' }, busy);
      gauge.set({ state: 'idle' }, idle);
    });
    metrics.gauge('database_waiting', 'Statements that wait for a connection to PostgreSQL', [], (gauge) =>
      gauge.set(database.connections.waiting),
    );
    this.errors = metrics.counter('log_errors_total', 'Lines at `error` or `fatal`: faults of ours');
  }

  watch(logger: JsonLogger): void {
    logger.onError(() => this.errors.inc());
  }
}

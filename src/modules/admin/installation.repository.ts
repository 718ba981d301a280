import { Inject, Injectable } from '@nestjs/common';
import { Database, statement } from '../../platform/database/index.js';
import { SEALED_ROWS, type SealedRows } from '../../platform/security/index.js';

/** Every process listens for notices for as long as it lives, and says there what it is. */
const NODES = statement(
  'installation.nodes',
  `SELECT split_part(a.application_name, ' ', 2) AS role, split_part(a.application_name, ' ', 3) AS version, host(a.client_addr) AS address,
          a.backend_start AS since
     FROM pg_stat_activity a WHERE a.application_name LIKE 'chatapi-notices%' AND a.datname = current_database() ORDER BY a.backend_start`,
);
const CLIENTS = statement(
  'installation.clients',
  `SELECT count(*) FILTER (WHERE status = 'active')::integer AS active, count(*) FILTER (WHERE status = 'suspended' AND deleted_at IS NULL)::integer AS suspended,
          count(*) FILTER (WHERE deleted_at IS NOT NULL)::integer AS "beingRemoved" FROM clients`,
);
const JOBS = statement(
  'installation.jobs',
  `SELECT r.name, r.started_at AS "startedAt", r.finished_at AS "finishedAt", r.outcome FROM recurring_runs r ORDER BY r.name`,
);
const SERVER = statement('installation.server', `SELECT current_setting('server_version') AS version`);
/** Of the keys of clients that work: which part of SECRET_KEY is the pepper of their hashes. */
const PEPPERS = statement(
  'installation.peppers',
  `SELECT k.pepper AS kid, count(*)::integer AS count FROM api_keys k
    WHERE k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now()) GROUP BY 1`,
);

export interface Node {
  readonly role: string;
  readonly version: string;
  readonly address: string | null;
  readonly since: Date;
}
export interface ClientCounts {
  readonly active: number;
  readonly suspended: number;
  readonly beingRemoved: number;
}
export interface JobRun {
  readonly name: string;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  readonly outcome: string | null;
}
/** How many rows there are under each key of the ring; null where the key was not noted. */
export interface Sealed {
  readonly what: string;
  readonly rows: readonly { readonly kid: string | null; readonly count: number }[];
}

/** The installation as its database knows it. */
@Injectable()
export class InstallationRepository {
  constructor(
    private readonly database: Database,
    @Inject(SEALED_ROWS) private readonly everything: readonly SealedRows[],
  ) {}

  nodes(): Promise<Node[]> {
    return this.database.query(NODES);
  }

  async clients(): Promise<ClientCounts> {
    const [counts] = await this.database.query<ClientCounts>(CLIENTS);
    return counts ?? { active: 0, suspended: 0, beingRemoved: 0 };
  }

  jobs(): Promise<JobRun[]> {
    return this.database.query(JOBS);
  }

  async serverVersion(): Promise<string> {
    return (await this.database.query<{ version: string }>(SERVER))[0]?.version ?? '';
  }

  /** One after the other: each reads a whole table. */
  async sealed(): Promise<Sealed[]> {
    const found: Sealed[] = [];
    for (const { what, count } of this.everything) found.push({ what, rows: await this.database.query(count) });
    return [...found, { what: 'API keys', rows: await this.database.query(PEPPERS) }];
  }
}

import pg from 'pg';
import type { ResolvedEnv } from '../config/index.js';
import { EVERYTHING_SEALED } from '../everything-sealed.js';
import { PEPPERS } from '../modules/clients/api-keys.repository.js';
import { PROVIDERS_SEALED } from '../modules/providers/providers.sealed.js';
import { missingMigrations } from '../platform/database/migrate.js';
import { SecretBox, type SealedRow, type SealedRows } from '../platform/security/index.js';
import { clockFinding, type ClockFacts, type DatabaseFacts, databaseFindings } from './database.rules.js';
import { failure, type Finding, said } from './finding.js';
import { keyFindings, type SealedFacts, type UnderKey } from './keys.rules.js';
import { mailFindings, type MailServer } from './mail.js';

const PATIENCE_MS = 5_000;
const ASKED_FOR_TIME = 3;

const FACTS = `
SELECT current_setting('server_version_num')::integer AS version, current_setting('server_version') AS "versionText",
       current_setting('server_encoding') AS encoding, current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS "synchronousCommit",
       current_setting('full_page_writes') AS "fullPageWrites", current_setting('autovacuum') AS autovacuum, pg_is_in_recovery() AS "isReplica",
       current_setting('default_transaction_read_only') AS "isReadOnly", current_setting('default_transaction_isolation') AS isolation,
       current_setting('max_connections')::integer AS "maxConnections", current_setting('superuser_reserved_connections')::integer AS reserved,
       (SELECT count(*)::integer FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'chatapi-notices%') AS processes,
       (SELECT pg_has_role(current_user, oid, 'MEMBER') FROM pg_roles WHERE rolname = 'chatapi_request') AS "mayBeRequest"`;
const SMTP = `SELECT client_id AS "clientId", id, settings AS sealed FROM providers WHERE kind = 'smtp' AND enabled ORDER BY id LIMIT 10`;

/** Looks into the database. @param now this machine's clock, in milliseconds */
export async function examineDatabase(env: ResolvedEnv, now: () => number): Promise<Finding[]> {
  const database = new pg.Client({
    ...{ connectionString: env.DATABASE_URL, application_name: 'chatapi-doctor' },
    ...{ connectionTimeoutMillis: PATIENCE_MS, statement_timeout: PATIENCE_MS },
  });
  database.on('error', () => undefined); // the statement that it broke says so
  const findings: Finding[] = [];
  try {
    await database.connect();
    await lookAround(database, env, { now, findings });
  } catch (error) {
    const advice = 'See that it runs, and that DATABASE_URL names it, its user and its database.';
    findings.push(failure('PostgreSQL', said(error), advice));
  } finally {
    await database.end().catch(() => undefined);
  }
  return findings;
}

/** What was found before a look fails is kept. */
async function lookAround(
  database: pg.Client,
  env: ResolvedEnv,
  { now, findings }: { readonly now: () => number; readonly findings: Finding[] },
): Promise<void> {
  const missing = await missingMigrations(database);
  const [facts] = (await database.query<Omit<DatabaseFacts, 'missing'>>(FACTS)).rows;
  if (facts) findings.push(...databaseFindings({ ...facts, missing }, env));
  findings.push(clockFinding(await clock(database, now)));
  // Rows are looked at as if to be written.
  if (missing.length > 0 || !facts || facts.isReplica || facts.isReadOnly === 'on') return;
  findings.push(...(await examineSealed(database, env)));
}

/** Of several answers the quickest: it leaves the least room. */
async function clock(database: pg.Client, now: () => number): Promise<ClockFacts> {
  const answers: ClockFacts[] = [];
  for (let n = 0; n < ASKED_FOR_TIME; n++) {
    const before = now();
    const { rows } = await database.query<{ ms: number }>(
      `SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS ms`,
    );
    const after = now();
    const aheadSeconds = ((rows[0]?.ms ?? 0) - (before + after) / 2) / 1_000;
    answers.push({ aheadSeconds, uncertainSeconds: (after - before) / 2_000 });
  }
  return answers.reduce((best, one) => (one.uncertainSeconds < best.uncertainSeconds ? one : best));
}

async function examineSealed(database: pg.Client, env: ResolvedEnv): Promise<Finding[]> {
  const box = new SecretBox(env);
  const sealed: SealedFacts[] = [];
  for (const rows of EVERYTHING_SEALED) sealed.push(await lookInto(database, box, rows));
  const { rows: peppers } = await database.query<UnderKey>(PEPPERS.text);
  return [...keyFindings(sealed, peppers, box.kids), ...(await mailFindings(env, await mailServers(database, box)))];
}

/** Takes one row as the rotation would, opens it, and leaves it; none that somebody has in hand. */
async function lookInto(database: pg.Client, box: SecretBox, sealed: SealedRows): Promise<SealedFacts> {
  const { rows } = await database.query<UnderKey>(sealed.count.text);
  await database.query('BEGIN');
  const { rows: sample } = await database.query<SealedRow>(`${sealed.lock.text} SKIP LOCKED`, ['', box.kids, 1, null]);
  await database.query('ROLLBACK');
  return { what: sealed.what, rows, isBroken: sample.some((row) => opened(box, row, sealed.boundTo(row)) === null) };
}

async function mailServers(database: pg.Client, box: SecretBox): Promise<MailServer[]> {
  const { rows } = await database.query<SealedRow & { readonly id: string }>(SMTP);
  return rows.flatMap((row): MailServer[] => {
    const settings = opened(box, row, PROVIDERS_SEALED.boundTo(row));
    return settings === null ? [] : [{ ...(JSON.parse(settings) as MailServer), name: `provider ${row.id}` }];
  });
}

function opened(box: SecretBox, { sealed }: SealedRow, boundTo: string): string | null {
  try {
    return box.open(sealed, boundTo);
  } catch {
    return null;
  }
}

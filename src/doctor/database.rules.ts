import type { ResolvedEnv } from '../config/index.js';
import { failure, type Finding, ok, warning } from './finding.js';

/** What a PostgreSQL says of itself. */
export interface DatabaseFacts {
  readonly version: number;
  readonly versionText: string;
  readonly encoding: string;
  readonly fsync: string;
  readonly synchronousCommit: string;
  readonly fullPageWrites: string;
  readonly autovacuum: string;
  readonly isReplica: boolean;
  readonly isReadOnly: string;
  readonly isolation: string;
  readonly maxConnections: number;
  readonly reserved: number;
  /** Processes of the service that listen for notices now. */
  readonly processes: number;
  /** May read as the role of requests; null while there is no such role. */
  readonly mayBeRequest: boolean | null;
  /** Migrations that have not run. */
  readonly missing: readonly string[];
}

export interface ClockFacts {
  /** How far the database's clock is ahead of this machine's. */
  readonly aheadSeconds: number;
  /** Half of the time that asking took: it may be off by so much. */
  readonly uncertainSeconds: number;
}

const OLDEST = 140_000;
/** Signatures of webhooks are good for five minutes on either side. */
const SKEW_FAILURE_SECONDS = 60;
const SKEW_WARNING_SECONDS = 1;
/** Beside its pool a process keeps one connection for notices. */
const BESIDE_POOL = 1;

type Settings = Pick<ResolvedEnv, 'ENVIRONMENT' | 'DATABASE_POOL_SIZE'>;

export function databaseFindings(facts: DatabaseFacts, env: Settings): Finding[] {
  return [
    versionFinding(facts),
    ...durabilityFindings(facts, env),
    ...writableFindings(facts),
    ...roleFindings(facts),
    connectionsFinding(facts, env),
    migrationsFinding(facts),
  ];
}

const versionFinding = ({ version, versionText, encoding }: DatabaseFacts): Finding => {
  if (version < OLDEST) return failure('PostgreSQL', versionText, 'Upgrade to PostgreSQL 14 or newer.');
  if (encoding !== 'UTF8')
    return failure('PostgreSQL', `the encoding is ${encoding}`, 'Create the database with ENCODING UTF8.');
  return ok('PostgreSQL', versionText);
};

/** A 202 means committed to disk; with these off it does not. On a developer's machine that may be on purpose. */
function durabilityFindings(facts: DatabaseFacts, { ENVIRONMENT }: Settings): Finding[] {
  const off = [
    ['fsync', facts.fsync],
    ['synchronous_commit', facts.synchronousCommit],
    ['full_page_writes', facts.fullPageWrites],
  ].filter(([, value]) => value === 'off');
  const check = 'Durability';
  const found = off.map(([name]) => `${name} is off`).join(', ');
  const advice = `Set ${off.map(([name]) => `${name} = on`).join(', ')}: a power cut loses what was answered with 201 or 202.`;
  const findings =
    off.length === 0
      ? [ok(check, 'a commit is on disk')]
      : [ENVIRONMENT === 'local' ? warning(check, found, advice) : failure(check, found, advice)];
  if (facts.autovacuum === 'off')
    findings.push(failure('Autovacuum', 'is off', 'Set autovacuum = on: the table of work bloats within hours.'));
  return findings;
}

function writableFindings({ isReplica, isReadOnly, isolation }: DatabaseFacts): Finding[] {
  if (isReplica) return [failure('Primary', 'this is a replica', 'Point DATABASE_URL to the primary.')];
  if (isReadOnly === 'on')
    return [
      failure(
        'Primary',
        'transactions are read only',
        'Reset default_transaction_read_only for this user and database.',
      ),
    ];
  if (isolation !== 'read committed')
    return [
      failure(
        'Isolation',
        `the default is ${isolation}`,
        'Reset default_transaction_isolation: the service locks rows by itself, and would be refused at random.',
      ),
    ];
  return [];
}

const roleFindings = ({ mayBeRequest }: DatabaseFacts): Finding[] =>
  mayBeRequest === false
    ? [
        failure(
          'Roles',
          'this user may not act as chatapi_request',
          'GRANT chatapi_request TO the user of DATABASE_URL: every read of a client goes through that role.',
        ),
      ]
    : [];

function connectionsFinding(facts: DatabaseFacts, { DATABASE_POOL_SIZE: pool }: Settings): Finding {
  const check = 'Connections';
  const each = pool + BESIDE_POOL;
  const free = facts.maxConnections - facts.reserved;
  const processes = Math.max(1, facts.processes);
  const found = `${processes} ${processes === 1 ? 'process' : 'processes'} of ${each} each, ${free} allowed`;
  const advice = 'Raise max_connections or lower DATABASE_POOL_SIZE: who gets none answers 503 after two seconds.';
  if (each > free) return failure(check, found, advice);
  // While one is replaced there is one more.
  if ((processes + 1) * each > free) return warning(check, found, advice);
  return ok(check, found);
}

const migrationsFinding = ({ missing }: DatabaseFacts): Finding =>
  missing.length === 0
    ? ok('Migrations', 'all have run')
    : failure('Migrations', `${missing.length} have not run, from ${missing[0]} on`, 'Run `npm run migrate`.');

export function clockFinding({ aheadSeconds, uncertainSeconds }: ClockFacts): Finding {
  const check = 'Clock';
  const least = Math.max(0, Math.abs(aheadSeconds) - uncertainSeconds);
  const direction = aheadSeconds > 0 ? 'behind' : 'ahead of';
  const found = `this machine is ${least.toFixed(1)} s ${direction} the database`;
  const advice = 'Run a time service (chrony, systemd-timesyncd) on both machines.';
  if (least >= SKEW_FAILURE_SECONDS)
    return failure(check, found, `${advice} Signatures of webhooks are refused as too old or too new.`);
  if (least >= SKEW_WARNING_SECONDS) return warning(check, found, `${advice} Times that callers see do not agree.`);
  return ok(check, 'agrees with the database’s');
}

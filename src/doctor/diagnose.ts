import { InvalidEnvironment, readEnv, type ResolvedEnv } from '../config/index.js';
import { publicUrlOf } from '../platform/http/public-url.js';
import { examineDatabase } from './database.js';
import { failure, type Finding, ok, warning } from './finding.js';
import { examineRedis } from './redis.js';
import { nodeFinding, settingsFindings } from './settings.rules.js';

const PATIENCE_MS = 5_000;

export interface Machine {
  readonly node: string;
  /** Its clock, in milliseconds. */
  readonly now: () => number;
  /** How an address of HTTP answers; null when it does not. */
  readonly statusOf: (url: string) => Promise<number | null>;
}

export const THIS_MACHINE: Machine = {
  node: process.versions.node,
  now: Date.now,
  statusOf,
};

async function statusOf(url: string): Promise<number | null> {
  try {
    // eslint-disable-next-line no-restricted-globals -- the operator's own address, and nothing of the answer but its status
    return (await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) })).status;
  } catch {
    return null;
  }
}

/**
 * Looks at everything that the service needs. Changes nothing, and says no secret.
 * @param source what the settings are read from; the process's environment unless told
 */
export async function diagnose(source?: NodeJS.ProcessEnv, machine: Machine = THIS_MACHINE): Promise<Finding[]> {
  const node = nodeFinding(machine.node);
  const read = settingsOf(source);
  if (Array.isArray(read)) return [node, ...read];
  const [database, redis, address] = await Promise.all([
    examineDatabase(read, machine.now),
    examineRedis(read),
    addressFindings(read, machine),
  ]);
  return [node, ok('Settings', 'are valid'), ...settingsFindings(read), ...address, ...database, ...redis];
}

function settingsOf(source?: NodeJS.ProcessEnv): ResolvedEnv | Finding[] {
  try {
    return readEnv(source);
  } catch (error) {
    if (!(error instanceof InvalidEnvironment)) throw error;
    return error.problems.map((problem) =>
      failure('Settings', problem, 'docs/configuration.md says what each setting takes.'),
    );
  }
}

async function addressFindings(env: ResolvedEnv, { statusOf }: Machine): Promise<Finding[]> {
  const url = publicUrlOf(env, '/utils/live');
  if (url === null) return [];
  const status = await statusOf(url);
  if (status === 200) return [ok('PUBLIC_URL', 'answers')];
  return [
    warning(
      'PUBLIC_URL',
      status === null ? 'does not answer from here' : `answers ${status} at /api/v1/utils/live`,
      'If the service runs: see DNS, the proxy in front, and that it hands /api/v1 on.',
    ),
  ];
}

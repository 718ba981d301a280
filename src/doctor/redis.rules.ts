import { failure, type Finding, ok, warning } from './finding.js';

/** `INFO`, as names and values. */
export type RedisInfo = Readonly<Record<string, string>>;

export interface RedisFacts {
  readonly info: RedisInfo;
  /** What `CONFIG GET save` says; null where the server does not tell. */
  readonly save: string | null;
  readonly roundTripMs: number;
}

const OLDEST = [6, 2] as const;
const NEARLY_FULL = 0.9;
/** What a request waits at most for Redis. */
const SLOW_MS = 50;

export const infoOf = (text: string): RedisInfo =>
  Object.fromEntries([...text.matchAll(/^([\w-]+):(.*?)\r?$/gm)].map(([, name = '', value = '']) => [name, value]));

export function redisFindings({ info, save, roundTripMs }: RedisFacts): Finding[] {
  return [versionFinding(info), policyFinding(info), ...memoryFindings(info), persistenceFinding(info, save)].concat(
    placeFindings(info, roundTripMs),
  );
}

function versionFinding(info: RedisInfo): Finding {
  const name = info.valkey_version === undefined ? 'Redis' : 'Valkey';
  const version = info.redis_version ?? '0'; // Valkey says here which Redis it is like
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const shown = `${name} ${info.valkey_version ?? version}`;
  const isOld = major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
  return isOld ? failure('Redis', shown, `Upgrade to Redis ${OLDEST.join('.')} or newer.`) : ok('Redis', shown);
}

function policyFinding({ maxmemory_policy: policy = 'unknown' }: RedisInfo): Finding {
  const check = 'Eviction';
  if (policy === 'noeviction') return ok(check, policy);
  return failure(
    check,
    `maxmemory-policy is ${policy}`,
    'Set `maxmemory-policy noeviction`: a full Redis would throw away parts of queues, which Bull does not survive.',
  );
}

function memoryFindings({ maxmemory = '0', used_memory: used = '0' }: RedisInfo): Finding[] {
  const isFull = Number(maxmemory) > 0 && Number(used) > Number(maxmemory) * NEARLY_FULL;
  return isFull
    ? [warning('Redis’ memory', 'more than nine tenths are used', 'Raise maxmemory: when it is full, writes fail.')]
    : [];
}

/** Nothing is lost with Redis; but then every key is hashed anew, and windows of limits begin anew. */
function persistenceFinding(info: RedisInfo, save: string | null): Finding {
  const check = 'Persistence';
  if (info.rdb_last_bgsave_status === 'err' || info.aof_last_write_status === 'err')
    return failure(check, 'Redis could not write to its disk', 'Look at its disk and log: it may refuse writes.');
  if (info.aof_enabled === '1') return ok(check, 'append-only file');
  if (save === null) return ok(check, 'not told by this server');
  if (save !== '') return ok(check, `snapshots (save ${save})`);
  return warning(
    check,
    'Redis keeps nothing on disk',
    'Set `save 60 1`: no message is lost without, but after a restart of Redis limits and caches of keys begin anew.',
  );
}

function placeFindings({ role, master_link_status: link }: RedisInfo, roundTripMs: number): Finding[] {
  if (role === 'slave' || link !== undefined)
    return [failure('Redis’ role', 'this is a replica', 'Point REDIS_URL to the primary.')];
  return roundTripMs > SLOW_MS
    ? [
        warning(
          'Redis’ distance',
          `${Math.round(roundTripMs)} ms away`,
          'Put it beside the service: it is asked at every call.',
        ),
      ]
    : [];
}

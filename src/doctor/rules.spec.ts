import { describe, expect, it } from '@jest/globals';
import { readEnv } from '../config/index.js';
import { clockFinding, type DatabaseFacts, databaseFindings } from './database.rules.js';
import type { Finding } from './finding.js';
import { keyFindings, type UnderKey } from './keys.rules.js';
import { infoOf, redisFindings } from './redis.rules.js';
import { nodeFinding, settingsFindings } from './settings.rules.js';

const POSTGRES: DatabaseFacts = {
  ...{ version: 170_002, versionText: '17.2', encoding: 'UTF8', fsync: 'on', synchronousCommit: 'on' },
  ...{ fullPageWrites: 'on', autovacuum: 'on', isReplica: false, isReadOnly: 'off', isolation: 'read committed' },
  ...{ maxConnections: 100, reserved: 3, processes: 2, mayBeRequest: true, missing: [] },
};
const REDIS = 'redis_version:7.4.1\r\nrole:master\r\nmaxmemory:0\r\nmaxmemory_policy:noeviction\r\naof_enabled:0\r\n';
const PRODUCTION = {
  ...{ DATABASE_URL: 'postgres://db/chatapi', REDIS_URL: 'redis://cache', ENVIRONMENT: 'production' },
  ...{ SECRET_KEY: 'Yf3nqkzq0Jx5nVw2sQk8mTt7hLz1pRb9', ADMIN_KEY: 'an-admin-key-of-production' },
};
const BEHIND_ONE = { PUBLIC_URL: 'https://chat.example.com', TRUST_PROXY: '1' };
const notOk = (findings: readonly Finding[]): string[] =>
  findings.filter(({ level }) => level !== 'ok').map(({ check, level }) => `${check} ${level}`);
const redis = (more = '', { save = '60 1', roundTripMs = 1 } = {}) =>
  notOk(redisFindings({ info: infoOf(REDIS + more), save, roundTripMs }));

describe('the doctor’s rules', () => {
  it.each([
    ['20.19.0', 'ok'],
    ['22.1.0', 'ok'],
    ['23.1.0', 'warning'],
    ['20.18.3', 'failure'],
    ['18.20.0', 'failure'],
  ])('call Node %s %s', (version, level) => expect(nodeFinding(version).level).toBe(level));

  it.each<[Partial<DatabaseFacts>, string[]]>([
    [{}, []],
    [{ version: 130_009 }, ['PostgreSQL failure']],
    [{ encoding: 'SQL_ASCII' }, ['PostgreSQL failure']],
    [{ synchronousCommit: 'off' }, ['Durability failure']],
    [{ fsync: 'off' }, ['Durability failure']],
    [{ fullPageWrites: 'off' }, ['Durability failure']],
    [{ autovacuum: 'off' }, ['Autovacuum failure']],
    [{ isReplica: true }, ['Primary failure']],
    [{ isReadOnly: 'on' }, ['Primary failure']],
    [{ isolation: 'serializable' }, ['Isolation failure']],
    [{ mayBeRequest: false }, ['Roles failure']],
    [{ mayBeRequest: null }, []],
    [{ maxConnections: 20 }, ['Connections failure']],
    [{ processes: 4 }, ['Connections warning']],
    // Three of 21 each, and one more, besides what is reserved.
    [{ processes: 3, maxConnections: 87 }, []],
    [{ processes: 3, maxConnections: 86 }, ['Connections warning']],
    [{ missing: ['Next1'] }, ['Migrations failure']],
  ])('of a PostgreSQL with %j say %j', (more, said) => {
    const env = { ENVIRONMENT: 'production', DATABASE_POOL_SIZE: 20 } as const;
    expect(notOk(databaseFindings({ ...POSTGRES, ...more }, env))).toEqual(said);
  });

  it.each([
    ['', []],
    ['redis_version:6.0.9\r\n', ['Redis failure']],
    ['redis_version:7.2.4\r\nvalkey_version:8.1.0\r\n', []],
    ['maxmemory_policy:volatile-lru\r\n', ['Eviction failure']],
    ['maxmemory:100\r\nused_memory:91\r\n', ['Redis’ memory warning']],
    ['rdb_last_bgsave_status:err\r\n', ['Persistence failure']],
    ['aof_enabled:1\r\naof_last_write_status:err\r\n', ['Persistence failure']],
    ['role:slave\r\n', ['Redis’ role failure']],
    ['master_link_status:up\r\n', ['Redis’ role failure']],
  ])('of a Redis with %j say %j', (more, said) => expect(redis(more)).toEqual(said));

  it('of a Redis that keeps nothing, or is far away, say so', () => {
    expect(redis('', { save: '' })).toEqual(['Persistence warning']);
    expect(redis('aof_enabled:1\r\n', { save: '' })).toEqual([]);
    const untold = redisFindings({ info: infoOf(REDIS), save: null, roundTripMs: 1 });
    expect(untold.find(({ check }) => check === 'Persistence')).toMatchObject({
      level: 'ok',
      found: 'not told by this server',
    });
    expect(redis('', { roundTripMs: 80 })).toEqual(['Redis’ distance warning']);
  });

  it.each([
    [0.9, 0, 'ok'],
    [1, 0, 'warning'],
    [-59, 0, 'warning'],
    [60, 0, 'failure'],
    [-60, 0, 'failure'],
    [1.5, 1, 'ok'], // so long did asking take
    [61, 2, 'warning'],
  ])('call a clock that is %d s off, known to %d s, %s', (aheadSeconds, uncertainSeconds, level) =>
    expect(clockFinding({ aheadSeconds, uncertainSeconds }).level).toBe(level),
  );

  it.each<[string, UnderKey[], boolean, UnderKey[], number]>([
    ['all under keys of the ring', [{ kid: 'new', count: 2 }], false, [{ kid: 'old', count: 1 }], 0],
    ['rows under a lost key', [{ kid: 'lost', count: 2 }], false, [], 1],
    ['rows under none that is known', [{ kid: null, count: 1 }], false, [], 1],
    ['rows that do not open', [{ kid: 'new', count: 1 }], true, [], 1],
    ['API keys under a lost key', [], false, [{ kid: 'lost', count: 3 }], 1],
    ['API keys from before it was noted', [], false, [{ kid: null, count: 3 }], 0],
  ])('of a key ring with %s find as much as that', (_what, sealed, isBroken, peppers, failures) => {
    const found = keyFindings([{ what: 'settings', rows: sealed, isBroken }], peppers, ['new', 'old']);
    expect(notOk(found)).toEqual(Array.from({ length: failures }, () => 'Key ring failure'));
  });

  it.each<[NodeJS.ProcessEnv, string[]]>([
    [{ PUBLIC_URL: 'https://chat.example.com', TRUST_PROXY: '1' }, []],
    [{ PUBLIC_URL: 'https://chat.example.com' }, ['Proxies warning']],
    [{ PUBLIC_URL: 'https://chat.example.com', TRUST_PROXY: '10.0.0.0/8,0.0.0.0/0' }, ['Proxies failure']],
    [{ PUBLIC_URL: 'http://chat.example.com', TRUST_PROXY: '1' }, ['PUBLIC_URL warning']],
    [{}, ['PUBLIC_URL warning']],
    [{ ...BEHIND_ONE, TRUST_PROXY: '::/0' }, ['Proxies failure']],
    [{ ...BEHIND_ONE, PORT: '9000', METRICS_PORT: '9000' }, ['Ports failure']],
    [{ ...BEHIND_ONE, PORT: '9000', METRICS_PORT: '9000', ROLE: 'worker' }, []],
    [{ ...BEHIND_ONE, SECRET_KEY: 'Yf3nqkzq0Jx5nVw2sQk8mTt7hLz1' }, ['SECRET_KEY warning']],
    [{ ...BEHIND_ONE, SECRET_KEY: 'abcabcabcabcabcabcabcabcabcabcabcabc' }, ['SECRET_KEY warning']],
  ])('of the settings %j say %j', (more, said) =>
    expect(notOk(settingsFindings(readEnv({ ...PRODUCTION, ...more })))).toEqual(said),
  );
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { InvalidEnvironment, readEnv } from './env.js';

const LOCAL = { DATABASE_URL: 'postgres://user:pass-word@db/chatapi', REDIS_URL: 'redis://cache' };
const PRODUCTION = {
  ...LOCAL,
  ENVIRONMENT: 'production',
  SECRET_KEY: 'a-long-enough-secret',
  ADMIN_KEY: 'a-long-enough-admin-key',
};

function problemsOf(source: NodeJS.ProcessEnv): readonly string[] {
  try {
    readEnv(source);
    return [];
  } catch (error) {
    if (error instanceof InvalidEnvironment) return error.problems;
    throw error;
  }
}

describe('the environment', () => {
  it('is complete with an address of PostgreSQL and one of Redis', () => {
    expect(readEnv(LOCAL)).toMatchObject({ ENVIRONMENT: 'local', ROLE: 'all', PORT: 8000, ...LOCAL });
  });

  it('takes the database in parts', () => {
    const parts = { POSTGRES_HOST: 'db', POSTGRES_USER: 'me', POSTGRES_PASSWORD: 'p@ss/word', POSTGRES_DB: 'chat' };
    expect(readEnv({ REDIS_URL: LOCAL.REDIS_URL, ...parts }).DATABASE_URL).toBe(
      'postgres://me:p%40ss%2Fword@db:5432/chat',
    );
  });

  it('takes a secret from the file that NAME_FILE names', () => {
    const folder = mkdtempSync(join(tmpdir(), 'chatapi-env-'));
    writeFileSync(join(folder, 'key'), 'the-key-in-the-file\n');
    expect(readEnv({ ...LOCAL, ADMIN_KEY_FILE: join(folder, 'key') }).ADMIN_KEY).toBe('the-key-in-the-file');
    rmSync(folder, { recursive: true });
  });

  it('takes a list of keys, the newest first', () => {
    expect(readEnv({ ...LOCAL, SECRET_KEY: 'the-newest-of-the-keys, an-older-one-of-them' }).SECRET_KEY).toEqual([
      'the-newest-of-the-keys',
      'an-older-one-of-them',
    ]);
  });

  it('reads an empty variable as one that is not set', () => {
    expect(readEnv({ ...LOCAL, PORT: '', ADMIN_KEY: '' })).toEqual(readEnv(LOCAL));
  });

  it.each(['DATABASE_URL', 'REDIS_URL', 'SECRET_KEY', 'ADMIN_KEY'])('needs %s in production', (name) => {
    expect(problemsOf({ ...PRODUCTION, [name]: undefined })).toEqual([expect.stringContaining(`${name}: is required`)]);
  });

  it('lists every fault at once, and never a value', () => {
    const faulty = {
      ENVIRONMENT: 'moon-base',
      ROLE: 'barber-shop',
      PORT: 'seventy-thousand',
      DATABASE_URL: 'mysql://root:hunter22@db',
      REDIS_URL: 'memcached://cache-host',
      SECRET_KEY: 'too-short',
      WORK_LEASE_SECONDS: '-77',
      EGRESS_ALLOW_CIDRS: 'everywhere',
      ADMIN_KEY_FILE: '/nowhere/at-all',
    };
    const problems = problemsOf(faulty).join('\n');

    for (const name of Object.keys(faulty)) expect(problems).toContain(name);
    for (const value of Object.values(faulty)) expect(problems).not.toContain(value);
    expect(problems).not.toContain('hunter22');
  });
});

describe('networks that are opened', () => {
  const opened = (EGRESS_ALLOW_CIDRS: string) =>
    readEnv({ DATABASE_URL: 'postgres://nowhere/none', REDIS_URL: 'redis://nowhere', EGRESS_ALLOW_CIDRS })
      .EGRESS_ALLOW_CIDRS;

  it('are CIDRs of either family', () => {
    expect(opened('10.0.0.0/8, 127.0.0.5/32,fd00::/8,::1/128')).toEqual([
      ...['10.0.0.0/8', '127.0.0.5/32', 'fd00::/8', '::1/128'],
    ]);
    expect(opened('')).toEqual([]);
  });

  it.each([
    '10.0.0.0/33',
    '::1/129',
    '10/8',
    '10.0.0/8',
    '010.0.0.0/8',
    '0x0a.0.0.0/8',
    '10.0.0.1',
    '::1',
    'fe80::%1/64',
    'a/8',
  ])('are not %s', (text) => {
    expect(() => opened(text)).toThrow('EGRESS_ALLOW_CIDRS');
  });
});

describe('headers for the collector of traces', () => {
  const read = (OTEL_EXPORTER_OTLP_HEADERS: string) =>
    readEnv({ DATABASE_URL: 'postgres://nowhere/none', REDIS_URL: 'redis://nowhere', OTEL_EXPORTER_OTLP_HEADERS })
      .OTEL_EXPORTER_OTLP_HEADERS;

  it.each(['x-key=a', 'x-key=a%20b,x-team=ours', 'x-key=a=b', 'x-key='])('may be %s', (text) => {
    expect(read(text)).toBe(text);
  });

  it.each(['x-key', 'x-key=100%', 'x-key=%zz', 'x-key=%ff', 'x-key=a,'])('are not %s', (text) => {
    expect(() => read(text)).toThrow('OTEL_EXPORTER_OTLP_HEADERS');
  });
});

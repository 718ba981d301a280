import { execFile } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import pg from 'pg';
import { diagnose, THIS_MACHINE } from '../../src/doctor/diagnose.js';
import type { Finding } from '../../src/doctor/finding.js';
import { table } from '../../src/doctor/report.js';
import { PROVIDERS_SEALED } from '../../src/modules/providers/providers.sealed.js';
import { newId } from '../../src/platform/database/index.js';
import { SecretBox } from '../../src/platform/security/index.js';
import { kidOf } from '../../src/platform/security/secret-key.js';
import { aClosedPort } from '../fakes/listening-post.js';
import { anApp, anEnvironment } from '../support/app.js';
import { aMailbox, type Mailbox } from '../support/mailbox.js';
import { rows } from '../support/rows.js';
import { aDatabase } from '../support/servers.js';

const ROOT = new URL('../..', import.meta.url).pathname;
const SECRET = 'a-secret-key-of-the-doctors-test-that-is-long';

let mailbox: Mailbox;
let environment: NodeJS.ProcessEnv;
let redis: Redis;

beforeAll(async () => {
  mailbox = await aMailbox();
  const MAIL_CATCHER_URL = `smtp://127.0.0.1:${mailbox.port}`;
  environment = await anEnvironment({ SECRET_KEY: SECRET, MAIL_CATCHER_URL });
  await anInstallation();
  redis = new Redis(environment.REDIS_URL ?? '');
}, 60_000);

afterAll(async () => {
  redis.disconnect();
  await mailbox.close();
});

/** What a service leaves that ran here: a client, its key, and a provider whose settings are sealed. */
async function anInstallation(): Promise<void> {
  const clientId = newId();
  await sql(`INSERT INTO clients (id, slug, name) VALUES ('${clientId}', 'shop', 'Shop')`);
  await sql(
    `INSERT INTO api_keys (key_id, client_id, name, type, origin, hash, last_four, pepper)
     VALUES ('k', '${clientId}', 'key', 'master', 'manual', 'hash', 'four', '${kidOf(SECRET)}')`,
  );
  await aServer(mailbox.port);
}

/** An SMTP provider of the client. @returns its id */
async function aServer(port: number): Promise<string> {
  const [{ id: clientId } = { id: '' }] = await sql<{ id: string }>('SELECT id FROM clients');
  const id = newId();
  const settings = { host: '127.0.0.1', port, from: 'shop@example.com', password: 'the-password-of-the-shop' };
  const boundTo = PROVIDERS_SEALED.boundTo({ clientId, id, sealed: { v: 1, kid: '', dek: '', data: '' } });
  const sealed = new SecretBox({ SECRET_KEY: [SECRET] }).seal(JSON.stringify(settings), boundTo);
  await sql(
    `INSERT INTO providers (client_id, id, kind, channel, name, settings)
     VALUES ('${clientId}', '${id}', 'smtp', 'email', 'Mail', '${JSON.stringify(sealed)}')`,
  );
  return id;
}

const sql = <R extends object>(text: string): Promise<R[]> => rows<R>({ environment }, text);

const gist = (findings: readonly Finding[], ...checks: string[]): string[] =>
  findings
    .filter(({ check }) => checks.includes(check))
    .map(({ check, level, found }) => `${check} ${level}: ${found}`);
const failures = (findings: readonly Finding[]): Finding[] => findings.filter(({ level }) => level === 'failure');

const asLocal = (more: NodeJS.ProcessEnv = {}) => diagnose({ ...environment, ...more });
const asProduction = (more: NodeJS.ProcessEnv = {}) => asLocal({ ENVIRONMENT: 'production', ...more });

async function onDatabase<T>(url: string, change: string, look: () => Promise<T>, back: string): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(change);
    return await look();
  } finally {
    await client.query(back);
    await client.end();
  }
}

describe('the doctor finds nothing to put right', () => {
  it('where the service runs well', async () => {
    const findings = await asLocal();

    expect(failures(findings)).toEqual([]);
    expect(gist(findings, 'Node', 'Migrations', 'Eviction', 'Clock', 'Key ring', 'Connections')).toEqual([
      `Node ok: ${process.versions.node}`,
      expect.stringMatching(/^Connections ok: 1 process of 9 each, \d+ allowed$/),
      'Migrations ok: all have run',
      'Clock ok: agrees with the database’s',
      'Key ring ok: opens all that is sealed',
      'Eviction ok: noeviction',
    ]);
    expect(gist(findings, 'Mail')).toEqual([
      'Mail ok: the mail catcher answers',
      expect.stringMatching(/^Mail ok: the server of provider [\w-]{36} answers$/),
    ]);
  });

  it('where somebody has in hand what is sealed, for which it does not wait', async () => {
    const url = environment.DATABASE_URL ?? '';
    const held = `BEGIN; SELECT 1 FROM providers FOR UPDATE`;

    const findings = await onDatabase(url, held, () => asLocal(), 'ROLLBACK');

    expect(failures(findings)).toEqual([]);
    expect(gist(findings, 'Key ring')).toEqual(['Key ring ok: opens all that is sealed']);
  });
});

describe('the doctor finds', () => {
  it('a PostgreSQL that forgets what it has confirmed, which is a developer’s own affair only on their machine', async () => {
    const found = 'fsync is off, full_page_writes is off';
    expect(gist(await asLocal(), 'Durability')).toEqual([`Durability warning: ${found}`]);
    expect(gist(await asProduction(), 'Durability')).toEqual([`Durability failure: ${found}`]);
  });

  it('migrations that have not run', async () => {
    const findings = await asLocal({ DATABASE_URL: await aDatabase({ migrated: false }) });
    expect(gist(findings, 'Migrations')).toEqual([
      expect.stringMatching(/^Migrations failure: \d+ have not run, from Initial\d+ on$/),
    ]);
  });

  it('a database that takes nothing, and one of another isolation', async () => {
    const url = environment.DATABASE_URL ?? '';
    const name = new URL(url).pathname.slice(1);
    const looked = async (setting: string, value: string) =>
      onDatabase(
        url,
        `ALTER DATABASE ${name} SET ${setting} = '${value}'`,
        async () => gist(await asLocal(), 'Primary', 'Isolation'),
        `ALTER DATABASE ${name} RESET ${setting}`,
      );
    // The lie is taken back by a connection that was there before it.
    expect(await looked('default_transaction_read_only', 'on')).toEqual([
      'Primary failure: transactions are read only',
    ]);
    expect(await looked('default_transaction_isolation', 'serializable')).toEqual([
      'Isolation failure: the default is serializable',
    ]);
  });

  it('how many processes there are', async () => {
    const two = [await anApp(environment), await anApp({ ...environment, ROLE: 'api' })];
    try {
      expect(gist(await asLocal(), 'Connections')).toEqual([expect.stringMatching(/: 2 processes of 9 each/)]);
    } finally {
      for (const one of two) await one.close();
    }
  });

  it('pools that PostgreSQL has no room for', async () => {
    const findings = await asLocal({ DATABASE_POOL_SIZE: '200' });
    expect(gist(findings, 'Connections')).toEqual([
      expect.stringMatching(/^Connections warning: 1 process of 201 each/),
    ]);
  });

  it('a Redis that evicts', async () => {
    await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
    const findings = await asLocal().finally(() => redis.config('SET', 'maxmemory-policy', 'noeviction'));
    expect(gist(findings, 'Eviction')).toEqual(['Eviction failure: maxmemory-policy is allkeys-lru']);
  });

  it('a SECRET_KEY that opens nothing of what is sealed, and no API key', async () => {
    const findings = await asLocal({ SECRET_KEY: 'another-secret-key-than-the-one-before' });
    expect(gist(findings, 'Key ring')).toEqual([
      'Key ring failure: 1 settings of providers are sealed under a key that SECRET_KEY does not list',
      'Key ring failure: 1 API keys were hashed with a key that SECRET_KEY does not list',
    ]);
    const both = await asLocal({ SECRET_KEY: `another-secret-key-than-the-one-before,${SECRET}` });
    expect(gist(both, 'Key ring')).toEqual(['Key ring ok: opens all that is sealed']);
  });

  it('what is sealed and was moved to another row', async () => {
    const move = `UPDATE providers SET settings = jsonb_set(settings, '{data}', '"AAAA"')`;
    const url = environment.DATABASE_URL ?? '';
    const keep = 'CREATE TABLE kept AS SELECT id, settings FROM providers';
    const back = 'UPDATE providers p SET settings = kept.settings FROM kept WHERE kept.id = p.id; DROP TABLE kept';
    const findings = await onDatabase(url, `${keep}; ${move}`, () => asLocal(), back);
    expect(gist(findings, 'Key ring')).toEqual(['Key ring failure: settings of providers do not open']);
  });

  it('a weak SECRET_KEY, and proxies that are not named', async () => {
    const findings = await diagnose(
      {
        ...environment,
        ENVIRONMENT: 'production',
        SECRET_KEY: `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,${SECRET}`,
        PUBLIC_URL: 'https://chat.example.com',
        METRICS_PORT: '8000',
        PORT: '8000',
      },
      { ...THIS_MACHINE, statusOf: () => Promise.resolve(502) },
    );
    expect(gist(findings, 'SECRET_KEY', 'Proxies', 'PUBLIC_URL', 'Ports')).toEqual([
      'Proxies warning: TRUST_PROXY is 0, and PUBLIC_URL is https, which something in front must end',
      'PUBLIC_URL ok: is https',
      'Ports failure: PORT and METRICS_PORT are the same',
      'SECRET_KEY warning: the first key is short or uniform',
      'PUBLIC_URL warning: answers 502 at /api/v1/utils/live',
    ]);
  });

  it('a mail server that does not answer, as one of ours and as a client’s', async () => {
    const closed = await aClosedPort();
    const id = await aServer(closed);
    const findings = await asLocal({ MAIL_CATCHER_URL: `smtp://127.0.0.1:${closed}` });
    expect(gist(findings, 'Mail')).toEqual(
      expect.arrayContaining([
        'Mail failure: the mail catcher does not answer: ECONNREFUSED',
        `Mail warning: the server of provider ${id} does not answer: ECONNREFUSED`,
      ]),
    );
    await sql(`DELETE FROM providers WHERE id = '${id}'`);
  });

  it.each([
    [5, 'warning: this machine is 5.\\d s ahead of the database'],
    [-120, 'failure: this machine is (119|120).\\d s behind the database'],
  ])('a clock that is %d s off', async (seconds, found) => {
    const findings = await diagnose(environment, { ...THIS_MACHINE, now: () => Date.now() + seconds * 1_000 });
    expect(gist(findings, 'Clock')).toEqual([expect.stringMatching(new RegExp(`^Clock ${found}$`))]);
  });

  it('servers that are away, and every fault of the settings at once', async () => {
    const away = await asLocal({
      DATABASE_URL: 'postgres://nobody:hunter2-of-nobody@127.0.0.1:1/none',
      REDIS_URL: 'redis://:hunter2-of-redis@127.0.0.1:1',
    });
    expect(gist(away, 'PostgreSQL', 'Redis')).toEqual([
      expect.stringMatching(/^PostgreSQL failure: .*ECONNREFUSED/),
      expect.stringMatching(/^Redis failure: .*ECONNREFUSED/),
    ]);
    expect(table(away)).not.toContain('hunter2');
    const bad = await diagnose({ PORT: 'many', LOG_LEVEL: 'loud' });
    expect(failures(bad).length).toBeGreaterThan(3);
    expect(table(bad)).toContain('→ docs/configuration.md says what each setting takes.');
  });
});

describe('npm run doctor', () => {
  function run(settings: NodeJS.ProcessEnv, ...options: string[]) {
    return new Promise<{ code: number; said: string }>((resolve) => {
      const env = { PATH: process.env.PATH, ...environment, ...settings };
      execFile(process.execPath, ['dist/doctor.js', ...options], { cwd: ROOT, env }, (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, said: stdout + stderr }),
      );
    });
  }

  it('says what there is to do and no secret, as a table and as JSON, and ends with 1 when something must be done', async () => {
    const [sound, broken] = await Promise.all([run({}), run({ ENVIRONMENT: 'production' }, '--json')]);

    expect(sound.code).toBe(0);
    expect(sound.said).toMatch(/^✓ Node +\d/m);
    expect(sound.said).toMatch(/The service can work here; \d to know of\.\n$/);
    expect(broken.code).toBe(1);
    const { ok, findings } = JSON.parse(broken.said) as { ok: boolean; findings: Finding[] };
    expect(ok).toBe(false);
    expect(gist(failures(findings), 'Durability')).toHaveLength(1);
    const secrets = [SECRET, environment.ADMIN_KEY ?? '', 'the-password-of-the-shop'];
    for (const secret of secrets) expect(sound.said + broken.said).not.toContain(secret);
  });
});

import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { MIGRATIONS } from '../../src/migrations/index.js';
import { columnsOnly } from '../../src/platform/database/columns-only.js';
import { dataSourceOptions } from '../../src/platform/database/data-source.js';
import { anApp, type TestApp } from '../support/app.js';
import { aDatabase } from '../support/servers.js';

/** All that makes a schema: columns, indexes, constraints, row policies and who may read. */
const SHAPE = `
  SELECT 'column' AS kind, table_name || '.' || column_name AS name, concat_ws(' ', data_type, character_maximum_length, datetime_precision, is_nullable, column_default, generation_expression) AS says
    FROM information_schema.columns WHERE table_schema = 'public'
  UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
  UNION ALL SELECT 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
  UNION ALL SELECT 'policy', tablename || '.' || policyname, concat_ws(' ', cmd, roles, qual) FROM pg_policies
  UNION ALL SELECT 'grant', table_name || '.' || grantee, privilege_type FROM information_schema.role_table_grants WHERE grantee = 'chatapi_request'
  ORDER BY 1, 2, 3`;

let source: DataSource;

describe('the migrations', () => {
  beforeAll(async () => {
    source = await new DataSource({ ...dataSourceOptions(await aDatabase(), 2), extra: {} }).initialize();
  });
  afterAll(() => source.destroy());

  it('are listed, all of them, in the order of their times', async () => {
    const files = (await readdir('src/migrations')).filter((name) => /^\d+-/.test(name)).sort();
    const times = MIGRATIONS.map(({ name }) => /\d+$/.exec(name)?.[0]);
    expect(files.map((name) => /^\d+/.exec(name)?.[0])).toEqual(times);
  });

  it('go down to nothing, and up again to the same schema', async () => {
    const before = await source.query<object[]>(SHAPE);
    for (let left = MIGRATIONS.length; left > 0; left--) await source.undoLastMigration({ transaction: 'each' });
    const tables = await source.query<{ table_name: string }[]>(
      `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`,
    );
    expect(tables.map(({ table_name: name }) => name)).toEqual(['schema_migrations']);
    await source.runMigrations({ transaction: 'each' });
    expect(await source.query<object[]>(SHAPE)).toEqual(before);
    expect(before.length).toBeGreaterThan(150);
  });
});

describe('the entities', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await anApp({ ROLE: 'api' });
  }, 60_000);
  afterAll(() => app.close());

  it('agree with the schema', async () => {
    const { driver } = columnsOnly(app.part(DataSource));
    const { upQueries } = await driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });

  it('would not if a column of theirs were missing, or of another type', async () => {
    const entities = app.part(DataSource);
    await entities.query('ALTER TABLE users DROP COLUMN locale; ALTER TABLE rooms ALTER COLUMN name TYPE text');
    const { upQueries } = await columnsOnly(entities).driver.createSchemaBuilder().log();
    const differences = upQueries.map(({ query }) => query).join('\n');
    expect(differences).toContain('ALTER TABLE "users" ADD "locale"');
    expect(differences).toContain('ALTER TABLE "rooms"');
  });
});

describe('npm run migration:…', () => {
  let url: string;
  let folder: string;
  beforeEach(async () => {
    url = await aDatabase();
    folder = await mkdtemp(join(tmpdir(), 'migrations-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('show, revert and run', async () => {
    const last = MIGRATIONS.at(-1)!.name;
    expect(await npm('migration:show')).toMatchObject({ code: 0, output: expect.stringMatching(`\\[X\\].*${last}`) });
    expect((await npm('migration:revert')).code).toBe(0);
    expect((await npm('migration:show')).output).toMatch(`[ ] ${last}`);
    expect((await npm('migration:run')).code).toBe(0);
    expect((await npm('migration:show')).output).toMatch(new RegExp(`\\[X\\].*${last}`));
  }, 60_000);

  it('generate writes what the entities have and the database lacks, and only that', async () => {
    expect((await npm('migration:generate', '--', join(folder, 'nothing'))).output).toContain(
      'No changes in database schema',
    );
    await change('ALTER TABLE users DROP COLUMN locale');
    expect((await npm('migration:generate', '--', join(folder, 'user-locale'))).code).toBe(0);
    const [file = ''] = await readdir(folder);
    expect(file).toMatch(/^\d+-user-locale\.ts$/);
    const written = await readFile(join(folder, file), 'utf8');
    expect(written).toMatch(/export class UserLocale\d+ implements MigrationInterface/);
    expect([...written.matchAll(/query\(`(.*)`\)/g)].map(([, sql]) => sql)).toEqual([
      'ALTER TABLE "users" ADD "locale" character varying(35)',
      'ALTER TABLE "users" DROP COLUMN "locale"',
    ]);
  }, 60_000);

  function npm(...command: string[]): Promise<{ code: number; output: string }> {
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, DATABASE_URL: url };
    return new Promise((settle) => {
      execFile('npm', ['run', '--silent', ...command], { env }, (error, stdout, stderr) =>
        settle({ code: Number(error?.code ?? 0), output: stdout + stderr }),
      );
    });
  }

  async function change(sql: string): Promise<void> {
    const other = await new DataSource({ ...dataSourceOptions(url, 2), extra: {} }).initialize();
    await other.query(sql);
    await other.destroy();
  }
});

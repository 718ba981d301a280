// Once per run, and only when a project that needs servers is selected: one throw-away PostgreSQL with a migrated template, one Redis.
import { build } from '../../scripts/build.mjs';

export default async function startServers() {
  // Jest does not transform this file, so it uses the compiled house; the suites that start real processes need it fresh anyway.
  await build();
  const [{ throwAwayPostgres, throwAwayRedis }, { migrate }, { default: pg }] = await Promise.all([
    import('../../dist/quickstart/throw-away.js'),
    import('../../dist/platform/database/migrate.js'),
    import('pg'),
  ]);
  const [postgres, redis] = await Promise.all([throwAwayPostgres(), throwAwayRedis(process.env.PATH ?? '')]);
  globalThis.testServers = [postgres, redis];
  await makeTemplate(pg, postgres.server, migrate);
  process.env.TEST_POSTGRES_URL = postgres.server.url('postgres');
  process.env.TEST_REDIS_URL = redis.server.url;
}

async function makeTemplate(pg, server, migrate) {
  const admin = new pg.Client({ connectionString: server.url('postgres') });
  await admin.connect();
  await admin.query('CREATE DATABASE chatapi_template');
  await migrate(server.url('chatapi_template'));
  // Nobody may be connected to a template while it is copied, autovacuum included.
  await admin.query('ALTER DATABASE chatapi_template WITH IS_TEMPLATE true ALLOW_CONNECTIONS false');
  await admin.end();
}

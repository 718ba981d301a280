// Before start:prod and worker: waits until PostgreSQL answers, so that a service and its database can be started together.
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';

const PATIENCE_MS = 30_000;
const CONNECT_MS = 3_000;
const PAUSE_MS = 250;

const { readEnv } = await import('../dist/config/env.js').catch(() =>
  leave('There is no build yet: run npm run build first.'),
);
const url = databaseUrl();
const deadline = Date.now() + PATIENCE_MS;
let complaint = await attempt();
if (complaint) console.error(`Waiting for PostgreSQL (${complaint}) ...`);
while (complaint) {
  if (Date.now() > deadline)
    leave(
      `PostgreSQL did not answer within ${PATIENCE_MS / 1_000} s (${complaint}): start it, or correct DATABASE_URL.`,
    );
  await pause(PAUSE_MS);
  complaint = await attempt();
}

function databaseUrl() {
  try {
    return readEnv().DATABASE_URL;
  } catch (error) {
    return leave(error.message);
  }
}

/** @returns {Promise<string | undefined>} why not, in the words of PostgreSQL or of the network */
async function attempt() {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_MS });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return undefined;
  } catch (error) {
    return error.code ?? error.message;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function leave(sentence) {
  console.error(sentence);
  process.exit(1);
}

import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { EMAIL } from './content.js';
import { type BenchClient, bodyOf } from './service.js';

const POLL_MS = 20;
const PATIENCE_MS = 300_000;
/** Calls of `POST /notifications/send` under way at once. */
const AT_ONCE = 8;

interface Wish {
  readonly client: BenchClient;
  readonly databaseUrl: string;
  readonly deliveries: number;
  readonly recipientsEach: number;
}

/** Sends mail to so many recipients. @returns deliveries a second, from the first call to the last delivery's end */
export async function deliveriesPerSecond({ client, databaseUrl, deliveries, recipientsEach }: Wish): Promise<number> {
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  try {
    const endedBefore = await ended(database);
    const begun = performance.now();
    await sendAll(client, deliveries, recipientsEach);
    while ((await ended(database)) < endedBefore + deliveries) {
      if (performance.now() - begun > PATIENCE_MS) throw new Error('Not all deliveries ended.');
      await delay(POLL_MS);
    }
    return deliveries / ((performance.now() - begun) / 1_000);
  } finally {
    await database.end();
  }
}

async function sendAll({ master }: BenchClient, deliveries: number, each: number): Promise<void> {
  const firsts = Array.from({ length: Math.ceil(deliveries / each) }, (_, n) => n * each);
  const sendNext = async (): Promise<void> => {
    for (let first = firsts.pop(); first !== undefined; first = firsts.pop()) {
      const start = first;
      const count = Math.min(each, deliveries - start);
      const to = Array.from({ length: count }, (_, n) => ({ email: `user-${start + n}@example.com` }));
      bodyOf(await master.post('/notifications/send', { to, channels: { email: EMAIL } }));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, sendNext));
}

/** Counted on the notifications, of which there are few: a poll takes no time from what it watches. */
async function ended(database: pg.Client): Promise<number> {
  const { rows } = await database.query<{ ended: string; failed: string }>(
    `SELECT coalesce(sum(total_count - open_count), 0) AS ended, coalesce(sum(failed_count), 0) AS failed FROM notifications`,
  );
  if (Number(rows[0]?.failed) > 0) throw new Error('A delivery failed.');
  return Number(rows[0]?.ended);
}

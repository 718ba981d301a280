import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { Installation } from '../support/installation.js';
import { Opened } from '../support/opened.js';
import { Callers, randomOf, Sinks, storm } from '../support/storm.js';
import { Shop } from '../support/storm-webhooks.js';

/** A call's deadline is half of it. */
const LEASE_SECONDS = 6;
const SEED = process.env.STORM_SEED ?? randomUUID();
const NOTIFICATIONS = Number(process.env.STORM_NOTIFICATIONS ?? 500);
/** Each fault is made once at least. */
const SECONDS = Number(process.env.STORM_SECONDS ?? 0);
/** Beside other suites little, so that they are not disturbed. */
const PACE = process.env.STORM_NOTIFICATIONS ? { callers: 16, pauseMs: 0 } : { callers: 4, pauseMs: 100 };
/** Of webhooks: each makes a room, a message, a mail, and is told on. */
const SHOP_PACE = process.env.STORM_NOTIFICATIONS ? { callers: 4, pauseMs: 20 } : { callers: 1, pauseMs: 100 };
/** Of what was sent; where so much is sent that the kills do not weigh. */
const DUPLICATES = 0.03;
const MANY = 20_000;
const ACCEPTED_WITHIN_MS = 250;

let house: Installation;
const opened = new Opened();

beforeAll(async () => {
  house = await Installation.start({ WORK_LEASE_SECONDS: String(LEASE_SECONDS), DRAIN_SECONDS: '1' }, { workers: 2 });
}, 90_000);
afterAll(async () => {
  await opened.closeAll();
  await house.stop();
});

/** Fails loudly with the seed, so that the same storm can be made again: `npm run test:faults -- --seed SEED`. */
it(`whatever fails, what was accepted arrives, once or under the same id (seed ${SEED})`, async () => {
  const sinks = await opened.keep(Sinks.open(house));
  const callers = new Callers(house, sinks, randomOf(`${SEED} callers`), PACE);
  const shop = await opened.keep(Shop.open(house, SHOP_PACE));
  const made = await storm(house, { sinks, callers, shop }, { seconds: SECONDS, random: randomOf(`${SEED} faults`) });
  await callers.until(NOTIFICATIONS);
  await callers.end();
  await shop.end();
  const deliveries = await everyDelivery(callers);
  await eventually(
    async () => {
      const missing = await shop.missing();
      if (missing) throw new Error(`${JSON.stringify(missing)}; ${SEED}`);
      return true;
    },
    { withinMs: 180_000 },
  );
  await house.verify();
  // It has recounted figures that were added up meanwhile, through all of this.
  const [rolled] = await house.rows<{ n: number }>(
    `SELECT coalesce(sum(n), 0)::integer AS n FROM analytics_counts WHERE kind = 'delivery' AND grain = 60`,
  );
  expect(rolled?.n).toBeGreaterThan(0);

  const seen = sinks.seen();
  const ids = seen.map(({ deliveryId }) => deliveryId);
  const arrived = new Set(ids);
  const saidOf = new Map(callers.accepted.map(({ id, said }) => [id, said]));
  const lost = deliveries.filter(({ id }) => !arrived.has(id));
  const promised = new Map(deliveries.map(({ id, notificationId }) => [id, saidOf.get(notificationId)]));
  // An id that nobody accepted, or that comes with another's content.
  const phantom = seen.filter(({ deliveryId, said }) => promised.get(deliveryId) !== said);
  const report = {
    ...{ seed: SEED, faults: made, accepted: callers.accepted.length, deliveries: deliveries.length },
    ...{ lost: lost.length, phantom: phantom.length, duplicates: ids.length - arrived.size },
    webhooks: { accepted: shop.accepted.length, repeats: shop.repeats() },
    acceptedWithoutRedis: percentiles(callers.msWithoutRedis),
  };
  if (process.env.STORM_REPORT) process.stderr.write(`${JSON.stringify(report, null, 2)}\n`);

  expect({ lost: lost.slice(0, 3), phantom: phantom.slice(0, 3), seed: SEED }).toEqual({
    ...{ lost: [], phantom: [], seed: SEED },
  });
  if (deliveries.length < MANY) return;
  expect(report.duplicates / deliveries.length).toBeLessThanOrEqual(DUPLICATES);
  expect(report.acceptedWithoutRedis.p99).toBeLessThan(ACCEPTED_WITHIN_MS);
}, 3_600_000);

interface Delivered {
  readonly id: string;
  readonly notificationId: string;
}

/** Of all that was accepted, once each has ended well. */
async function everyDelivery({ accepted }: Callers): Promise<Delivered[]> {
  expect(new Set(accepted.map(({ id }) => id)).size).toBe(accepted.length);
  return eventually(
    async () => {
      const found = await house.rows<Delivered & { status: string }>(
        `SELECT d.id, d.notification_id AS "notificationId", d.status FROM deliveries d WHERE d.notification_id = ANY ($1)`,
        [accepted.map(({ id }) => id)],
      );
      const open = found.filter(({ status }) => status !== 'sent' && status !== 'delivered');
      if (open.length > 0)
        throw new Error(`${open.length} of ${found.length} open: ${JSON.stringify(open[0])}; ${SEED}`);
      return found;
    },
    { withinMs: 180_000 },
  );
}

function percentiles(values: readonly number[]) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0);
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}

import { setTimeout as delay } from 'node:timers/promises';
import type { SmtpSinkActor } from '../baselines/smtp-sink.js';
import { query } from '../bench.js';
import { deliveriesPerSecond } from '../delivering.js';
import type { Row } from '../row.js';
import { aClient, type BenchClient, bodyOf } from '../service.js';

const MAILS = 5_000;
const RECIPIENTS_EACH = 50;
const POLL_MS = 50;
/** Longer than the first pause of a breaker. */
const PATIENCE_MS = 90_000;

interface Health {
  readonly breaker: { readonly state: string };
}

/** Mail while the first of two servers begins to refuse everything, half way: all of it arrives, by the other. */
export const failover: Row = {
  name: 'failover',
  async run(bench) {
    const environment = await bench.environment();
    const [service] = await Promise.all([bench.service('api', environment), bench.service('worker', environment)]);
    const [first, second] = [0, 1].map(() => bench.actor<SmtpSinkActor>('baselines/smtp-sink'));
    const client = await aClient(service);
    const firstId = await aServer(client, 'First', 1, await first!.call('listen'));
    await aServer(client, 'Second', 2, await second!.call('listen'));
    const mails = Math.round(MAILS * bench.effort.share);
    const databaseUrl = environment.DATABASE_URL;
    const send = () => deliveriesPerSecond({ client, databaseUrl, deliveries: mails, recipientsEach: RECIPIENTS_EACH });
    await send(); // warms up
    const begun = await now(databaseUrl);
    await send();
    const undisturbed = await meanDelayMs(databaseUrl, begun);
    const begunAgain = await now(databaseUrl);
    const before = await first!.call('countTaken');
    const sending = send();
    while ((await first!.call('countTaken')) < before + mails / 2) await delay(POLL_MS);
    await first!.call('close', true);
    await sending;
    const disturbed = await meanDelayMs(databaseUrl, begunAgain);
    if ((await first!.call('countTaken')) + (await second!.call('countTaken')) !== 3 * mails)
      throw new Error('Not every mail arrived once.');
    await reached(client, firstId, 'open');
    const [said] = await query<{ faults: number; passed: number }>(
      databaseUrl,
      `SELECT count(*) FILTER (WHERE decision LIKE 'after First%')::integer AS faults, count(*) FILTER (WHERE decision LIKE '%breaker open%')::integer AS passed FROM delivery_events`,
    );
    await first!.call('close', false);
    const closesAfter = await recovered(client, firstId);
    const of = `${mails.toLocaleString('en')} mails`;
    return [
      {
        what: `accepted → sent while a server goes down, ${of}`,
        unit: 'ms on average',
        budget: 'none',
        ...{ baseline: undisturbed, service: disturbed, baselineIs: 'with both servers well' },
        note: `${said?.faults} failed over, ${said?.passed} passed it over with its breaker open`,
      },
      { what: 'from the server’s recovery to its first mail', unit: 's', budget: { under: 60 }, service: closesAfter },
    ];
  },
};

async function aServer({ master }: BenchClient, name: string, priority: number, port: number): Promise<string> {
  const settings = { host: '127.0.0.1', port, secure: false, from: 'shop@example.com' };
  return bodyOf<{ id: string }>(await master.post('/providers', { kind: 'smtp', name, priority, settings })).id;
}

const stateOf = async ({ master }: BenchClient, id: string): Promise<string> =>
  bodyOf<Health>(await master.get(`/providers/${id}/health`)).breaker.state;

async function reached(client: BenchClient, id: string, state: string): Promise<void> {
  for (const until = performance.now() + PATIENCE_MS; performance.now() < until; await delay(POLL_MS))
    if ((await stateOf(client, id)) === state) return;
  throw new Error(`Its breaker is still ${await stateOf(client, id)}, not ${state}.`);
}

/** Mails go on, and one of them is the probe. @returns seconds */
async function recovered(client: BenchClient, id: string): Promise<number> {
  const begun = performance.now();
  while ((await stateOf(client, id)) !== 'closed') {
    if (performance.now() - begun > PATIENCE_MS) throw new Error('Its breaker does not close.');
    const channels = { email: { subject: 'Still there?', text: 'Hello' } };
    bodyOf(await client.master.post('/notifications/send', { to: { email: 'ann@example.com' }, channels }));
    await delay(500);
  }
  return (performance.now() - begun) / 1_000;
}

async function now(databaseUrl: string): Promise<string> {
  return (await query<{ now: string }>(databaseUrl, 'SELECT now()::text AS now'))[0]?.now ?? '';
}

async function meanDelayMs(databaseUrl: string, since: string): Promise<number> {
  const [found] = await query<{ ms: number }>(
    databaseUrl,
    `SELECT (avg(extract(epoch FROM sent_at - created_at)) * 1000)::float8 AS ms FROM deliveries WHERE created_at > '${since}'`,
  );
  return found?.ms ?? 0;
}

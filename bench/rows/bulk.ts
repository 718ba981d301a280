import { setTimeout as delay } from 'node:timers/promises';
import type { BatchVendorActor } from '../baselines/batch-vendor.js';
import { deliveriesPerSecond } from '../delivering.js';
import { residentKb } from '../memory-of.js';
import type { Row } from '../row.js';
import { aClient, bodyOf } from '../service.js';

const RECIPIENTS = 100_000;
const RECIPIENTS_EACH = 1_000;
/** So that what is made once is not counted. */
const WARM_UP = 10_000;
const SAMPLE_MS = 100;

/** A newsletter: calls with a thousand recipients each, through a provider that takes a thousand in one call. */
export const bulk: Row = {
  name: 'bulk',
  async run(bench) {
    const environment = await bench.environment();
    const [service, worker] = await Promise.all([
      bench.service('api', environment),
      bench.service('worker', environment),
    ]);
    const vendor = bench.actor<BatchVendorActor>('baselines/batch-vendor');
    const client = await aClient(service);
    const settings = { apiKey: 'key-0123456789', domain: 'mg.example.com', from: 'news@mg.example.com' };
    const baseUrl = await vendor.call('listen');
    bodyOf(
      await client.master.post('/providers', { kind: 'mailgun', name: 'Many', settings: { ...settings, baseUrl } }),
    );
    const send = (deliveries: number) =>
      deliveriesPerSecond({
        ...{ client, databaseUrl: environment.DATABASE_URL, deliveries, recipientsEach: RECIPIENTS_EACH },
      });
    const few = await peakOf(worker.pid, () => send(WARM_UP));
    const before = await vendor.call('counted');
    const recipients = Math.round(RECIPIENTS * bench.effort.share);
    const many = await peakOf(worker.pid, () => send(recipients));
    const after = await vendor.call('counted');
    if (after.recipients - before.recipients !== recipients) throw new Error('Somebody got it twice, or not at all.');
    const of = `${recipients.toLocaleString('en')} recipients`;
    return [
      { what: `a newsletter to ${of}`, unit: 'mails/s', budget: 'none', service: many.result },
      { what: `calls of the vendor, ${of}`, unit: 'calls', budget: 'none', service: after.calls - before.calls },
      {
        what: `the worker's memory at its highest, ${of}`,
        unit: 'MB',
        budget: { atMost: 1.3 },
        baseline: few.peakMb,
        service: many.peakMb,
        baselineIs: `of ${WARM_UP.toLocaleString('en')} recipients`,
      },
    ];
  },
};

async function peakOf<T>(pid: number, work: () => Promise<T>): Promise<{ result: T; peakMb: number }> {
  let peakMb = 0;
  let isOver = false;
  const watching = (async () => {
    for (; !isOver; await delay(SAMPLE_MS)) peakMb = Math.max(peakMb, residentKb(pid) / 1_024);
  })();
  const result = await work().finally(() => (isOver = true));
  await watching;
  return { result, peakMb };
}

import type { HttpInsertActor } from './baselines/http-insert.js';
import type { Bench, Compared } from './bench.js';
import type { HttpLoadActor, HttpRequest } from './load/http-load.js';
import type { ServiceProcess } from './service.js';

interface Calls {
  readonly databaseUrl: string;
  readonly service: ServiceProcess;
  readonly requests: readonly HttpRequest[];
  readonly connections: number;
}

/** What writes a row for each call, beside the barest thing that does: `node:http` and one INSERT per request. */
export async function besideInsert(bench: Bench, { databaseUrl, service, requests, connections }: Calls) {
  const bareUrl = await bench.actor<HttpInsertActor>('baselines/http-insert').call('listen', { databaseUrl });
  const load = bench.actor<HttpLoadActor>('load/http-load');
  const { seconds } = bench.effort;
  const rate = async (url: string): Promise<number> =>
    (await load.call('http', { url, requests, connections, seconds })).perSecond;
  const compared: Compared = await bench.inTurn(
    () => rate(bareUrl),
    () => rate(service.url),
  );
  return { ...compared, baselineIs: 'node:http + one INSERT per request' };
}

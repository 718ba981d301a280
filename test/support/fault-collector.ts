import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { overhear } from './canaries.js';

/** A fault as Sentry's protocol brings it. */
export interface Report {
  readonly environment: string;
  readonly tags: Record<string, string>;
  readonly exception: { values: { type: string; value: string; stacktrace?: { frames: unknown[] } }[] };
}

export interface FaultCollector {
  readonly dsn: string;
  readonly reports: Report[];
  /** All that came, as it came. */
  raw(): string;
  close(): Promise<void>;
}

/** Takes what a Sentry would take: https://develop.sentry.dev/sdk/data-model/envelopes/ */
export async function aFaultCollector(): Promise<FaultCollector> {
  const reports: Report[] = [];
  let raw = '';
  const server = createServer((request, response) => {
    void buffer(request).then((bytes) => {
      const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString();
      raw += text;
      overhear('a fault report', text);
      const [, item = '{}', payload = '{}'] = text.split('\n');
      if ((JSON.parse(item) as { type?: string }).type === 'event') reports.push(JSON.parse(payload) as Report);
      response.setHeader('Content-Type', 'application/json').end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    dsn: `http://public@127.0.0.1:${port}/1`,
    reports,
    raw: () => raw,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

import { connect } from 'node:net';
import { serve } from '../actor.js';
import { NUMBER_HERE } from '../content.js';
import { rateOf, type Rate } from '../figures.js';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Every repetition has another number where its body says {@link NUMBER_HERE}. */
  readonly isNumbered?: boolean;
}

export interface HttpLoad {
  readonly url: string;
  /** The n-th connection repeats the n-th of them; with fewer requests than connections they go round. */
  readonly requests: readonly HttpRequest[];
  readonly connections: number;
  readonly seconds: number;
}

let nextNumber = 0;

const HEAD_END = '\r\n\r\n';

/** Every connection sends its next request when the last one is answered. */
export async function http({ url, requests, connections, seconds }: HttpLoad): Promise<Rate> {
  const latencies: number[] = [];
  const begun = performance.now();
  const until = begun + seconds * 1_000;
  await Promise.all(
    Array.from({ length: connections }, (_, n) =>
      repeat(url, requests[n % requests.length]!, { until, answered: (ms) => void latencies.push(ms) }),
    ),
  );
  return rateOf(latencies, performance.now() - begun);
}

/** One keep-alive connection on bare TCP: a client that costs less than what it measures. */
function repeat(
  url: string,
  request: HttpRequest,
  { until, answered }: { until: number; answered: (ms: number) => void },
): Promise<void> {
  const { hostname, port } = new URL(url);
  const bytes = bytesOf(request, `${hostname}:${port}`);
  return new Promise((resolve, reject) => {
    let rest = Buffer.alloc(0);
    let sentAt = 0;
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    const numberAt = request.isNumbered ? bytes.indexOf(NUMBER_HERE) : -1;
    const send = (): void => {
      if (numberAt >= 0) bytes.write(String(nextNumber++).padStart(NUMBER_HERE.length, '0'), numberAt);
      sentAt = performance.now();
      socket.write(bytes);
    };
    socket.once('connect', send);
    socket.once('error', reject);
    socket.once('close', resolve);
    socket.on('data', (chunk) => {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const end = endOfAnswer(rest);
      if (end === undefined) return;
      if (rest[9] !== 0x32) return void socket.destroy(new Error(`Not a 2xx: ${rest.toString().slice(0, 2_000)}`));
      rest = rest.subarray(end);
      const now = performance.now();
      answered(now - sentAt);
      if (now < until) send();
      else socket.destroy();
    });
  });
}

function bytesOf({ method, path, headers = {}, body }: HttpRequest, host: string): Buffer {
  const lines = Object.entries({
    Host: host,
    ...(body !== undefined && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}`);
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}${HEAD_END}${body ?? ''}`);
}

/** Where the answer at the start of the bytes ends; undefined while it is not complete. */
function endOfAnswer(bytes: Buffer): number | undefined {
  const headEnd = bytes.indexOf(HEAD_END);
  if (headEnd === -1) return undefined;
  const [, length] = /content-length: (\d+)/i.exec(bytes.toString('latin1', 0, headEnd)) ?? [];
  const end = headEnd + HEAD_END.length + Number(length ?? 0);
  return bytes.length >= end ? end : undefined;
}

export const httpLoad = { http };
export type HttpLoadActor = typeof httpLoad;
serve(httpLoad);

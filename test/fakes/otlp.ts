import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { overhear } from '../support/canaries.js';

type Value = { readonly stringValue?: string; readonly intValue?: number; readonly doubleValue?: number };
type KeyValues = readonly { readonly key: string; readonly value: Value }[];

/** A span as OTLP's JSON brings it: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding */
interface WireSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: KeyValues;
  readonly status: { readonly code?: number };
}

interface Export {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: KeyValues };
    readonly scopeSpans: readonly { readonly spans: readonly WireSpan[] }[];
  }[];
}

export interface SeenSpan extends Omit<WireSpan, 'attributes'> {
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Of the process that made it. */
  readonly resource: Readonly<Record<string, unknown>>;
}

export interface OtlpReceiver {
  readonly url: string;
  readonly spans: SeenSpan[];
  /** What came along with the last export. */
  headers(): Readonly<Record<string, unknown>>;
  /** All that came, as it came. */
  raw(): string;
  close(): Promise<void>;
}

/** Takes what a collector would take at `/v1/traces`. */
export async function anOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: SeenSpan[] = [];
  let raw = '';
  let headers = {};
  const server = createServer((request, response) => {
    void buffer(request).then((bytes) => {
      if (request.url !== '/v1/traces') return response.writeHead(404).end();
      raw += bytes.toString();
      overhear('a trace', bytes.toString());
      headers = request.headers;
      spans.push(...spansIn(JSON.parse(bytes.toString()) as Export));
      return response.setHeader('Content-Type', 'application/json').end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    headers: () => headers,
    raw: () => raw,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const spansIn = ({ resourceSpans }: Export): SeenSpan[] =>
  resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans
      .flatMap(({ spans }) => spans)
      .map((span) => ({ ...span, attributes: plain(span.attributes), resource: plain(resource.attributes) })),
  );

const plain = (attributes: KeyValues): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

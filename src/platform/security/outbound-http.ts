import { type ClientRequest, type IncomingMessage, type OutgoingHttpHeaders, request as http } from 'node:http';
import { request as https } from 'node:https';
import { isIP } from 'node:net';
import { Injectable } from '@nestjs/common';
import { untilAborted } from '../signals/index.js';
import { Egress, EgressRefused } from './egress.js';

export interface OutboundCall {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** 64 KB unless told. */
  readonly answerMaxBytes?: number;
  readonly signal: AbortSignal;
  /** Told the address that is about to be connected to; never one that is refused. */
  readonly onAddress?: (address: string) => void;
}

export interface OutboundAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** What of an answer is read unless told; the rest is cut off with the connection. */
const ANSWER_MAX_BYTES = 65_536;
const HEADERS_MAX_BYTES = 16_384;
const SCHEMES = new Map([
  ['http:', { request: http, port: 80 }],
  ['https:', { request: https, port: 443 }],
]);

/**
 * HTTP calls to addresses that clients set. Guarded by {@link Egress}: the address that was checked is the one that is
 * connected to. No redirects, no proxy, no decompression; at the signal the call is over, however busily the peer drips.
 */
@Injectable()
export class OutboundHttp {
  constructor(private readonly egress: Egress) {}

  /** @throws EgressRefused, EgressUnresolved, the signal's reason, or what the connection says */
  async call(url: string, call: OutboundCall): Promise<OutboundAnswer> {
    const target = targetOf(url);
    call.signal.throwIfAborted();
    const address = await untilAborted(call.signal, this.egress.addressOf(target.hostname));
    call.onAddress?.(address);
    return exchange(target, address, call);
  }
}

/** @throws EgressRefused for what is not plain http(s), in the same words as for an address */
function targetOf(url: string): URL {
  const target = URL.canParse(url) ? new URL(url) : null;
  if (!target || !SCHEMES.has(target.protocol) || target.username !== '' || target.password !== '')
    throw new EgressRefused();
  return target;
}

function exchange(target: URL, address: string, call: OutboundCall) {
  const { method = 'GET', headers, body, answerMaxBytes = ANSWER_MAX_BYTES, signal } = call;
  const { request, port } = SCHEMES.get(target.protocol) ?? { request: https, port: 443 };
  const host = target.hostname.replace(/^\[|\]$/g, '');
  return new Promise<OutboundAnswer>((resolve, reject) => {
    const sent: ClientRequest = request({
      host: address,
      port: target.port === '' ? port : Number(target.port),
      path: `${target.pathname}${target.search}`,
      method,
      headers: headersOf(target, headers, body),
      ...(isIP(host) ? {} : { servername: host }),
      agent: false, // a connection is for one call: pooled ones would outlive the check of their address
      maxHeaderSize: HEADERS_MAX_BYTES,
      signal,
    });
    sent.on('error', (error) => reject(signal.aborted ? reasonOf(signal) : error));
    sent.on('response', (answer) => {
      read(answer, answerMaxBytes).then(resolve, (error: unknown) =>
        reject(signal.aborted ? reasonOf(signal) : asError(error)),
      );
    });
    sent.end(body);
  });
}

const headersOf = (target: URL, headers: OutboundCall['headers'], body: OutboundCall['body']): OutgoingHttpHeaders => ({
  'accept-encoding': 'identity',
  'user-agent': 'ChatAPI',
  ...Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value])),
  host: target.host,
  ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
});

async function read(answer: IncomingMessage, maxBytes: number): Promise<OutboundAnswer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of answer as AsyncIterable<Buffer>) {
    parts.push(part);
    size += part.length;
    if (size >= maxBytes) break; // leaving the loop destroys the connection
  }
  return {
    status: answer.statusCode ?? 0,
    headers: Object.fromEntries(
      Object.entries(answer.headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(', ') : (value ?? ''),
      ]),
    ),
    text: Buffer.concat(parts).subarray(0, maxBytes).toString(),
  };
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
/** As it is: its name tells a deadline from a stop. */
const reasonOf = (signal: AbortSignal): Error => signal.reason as Error;

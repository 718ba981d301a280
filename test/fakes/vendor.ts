import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A call that a vendor's API got. */
export interface VendorCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface VendorAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object | string;
}

/**
 * `drop` takes the call and breaks the connection; `drip` answers a byte at a time without end, `flood` as fast as it can.
 */
export type VendorReply = VendorAnswer | 'hang' | 'drip' | 'drop' | 'flood';
export type VendorManners = (call: VendorCall) => VendorReply | Promise<VendorReply>;

export interface Vendor {
  readonly url: string;
  readonly port: number;
  readonly calls: VendorCall[];
  /** Replaces how it answers; nothing brings its own manners back. */
  behave(manners?: VendorManners): void;
  /** Connections that are open now. */
  open(): number;
  close(): Promise<void>;
}

const DRIP_MS = 50;

/** An HTTP API on the loopback that keeps what it is asked. */
export async function aVendor(own: VendorManners): Promise<Vendor> {
  const calls: VendorCall[] = [];
  let manners = own;
  let open = 0;
  const server = createServer((request, response) => {
    void (async () => {
      const call = await callOf(request);
      calls.push(call);
      reply(response, await manners(call));
    })().catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  server.on('connection', (socket) => {
    open++;
    socket.on('close', () => open--);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    calls,
    behave: (next = own) => (manners = next),
    open: () => open,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function callOf(request: IncomingMessage): Promise<VendorCall> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://vendor');
  return {
    method: request.method ?? '',
    path: pathname,
    query: searchParams,
    headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
    body: Buffer.concat(parts),
  };
}

function flood(response: ServerResponse): void {
  const chunk = 'x'.repeat(65_536);
  response.writeHead(200);
  const more = () => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on('drain', more);
  more();
}

function reply(response: ServerResponse, said: VendorReply): void {
  if (said === 'hang') return;
  if (said === 'drop') return void response.destroy();
  if (said === 'drip') {
    response.writeHead(200);
    const timer = setInterval(() => response.write('x'), DRIP_MS);
    return void response.on('close', () => clearInterval(timer));
  }
  if (said === 'flood') return flood(response);
  const { status = 200, headers = {}, body = '' } = said;
  const isText = typeof body === 'string';
  response.writeHead(status, { 'content-type': isText ? 'text/plain' : 'application/json', ...headers });
  response.end(isText ? body : JSON.stringify(body));
}

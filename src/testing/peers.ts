import { once } from 'node:events';
import { createServer as httpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Where somebody listens, for settings or a message to lead to. */
export interface Peer {
  readonly host: string;
  readonly port: number;
  /** `http://host:port` */
  readonly url: string;
}

/** How a peer of the kit treats whoever calls it. `echoes` refuses in the caller's own words. */
export type Manner = 'hangs' | 'drips' | 'drops' | 'echoes' | { readonly status: number; readonly body?: string };

export interface KitPeer extends Peer {
  /** Everything it was sent. */
  received(): string;
  /** Calls over HTTP, else connections. */
  calls(): number;
  /** Connections that are open now. */
  open(): number;
  close(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';
const DRIP_MS = 20;

export const peerAt = (port: number): Peer => ({ host: LOOPBACK, port, url: `http://${LOOPBACK}:${port}` });

/** Somebody with bad manners. One that does not speak HTTP knows no statuses: it hangs, drips or drops. */
export function aPeer(manner: Manner, { overHttp }: { readonly overHttp: boolean }): Promise<KitPeer> {
  let calls = 0;
  if (!overHttp)
    return listening(
      createServer((socket) => {
        calls++;
        speakRaw(socket, manner);
      }),
      () => calls,
    );
  const server = httpServer((request, response) => {
    void (async () => {
      const body = await textOf(request);
      calls++;
      speakHttp(response, manner, `${request.rawHeaders.join(' ')} ${body}`);
    })().catch(() => response.destroy());
  });
  return listening(server, () => calls);
}

/** Passes everything on to another peer, and keeps what it passed. */
export function aRelay(to: Peer): Promise<KitPeer> {
  let calls = 0;
  const server = createServer((socket) => {
    calls++;
    const other = connect(to.port, to.host);
    socket.pipe(other).pipe(socket);
    for (const [one, its] of [
      [socket, other],
      [other, socket],
    ] as const)
      one.on('error', () => its.destroy()).on('close', () => its.destroy());
  });
  return listening(server, () => calls);
}

/** A port at which nobody listens. */
export async function aDeadEnd(): Promise<Peer> {
  const peer = await listening(createServer(), () => 0);
  await peer.close();
  return peer;
}

async function listening(server: Server, calls: () => number): Promise<KitPeer> {
  const sockets = new Set<Socket>();
  const parts: Buffer[] = [];
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('data', (part: Buffer) => parts.push(part));
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, LOOPBACK);
  await once(server, 'listening');
  return {
    ...peerAt((server.address() as AddressInfo).port),
    received: () => Buffer.concat(parts).toString(),
    calls,
    open: () => sockets.size,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).toString();
}

function speakRaw(socket: Socket, manner: Manner): void {
  if (manner === 'hangs') return;
  if (manner !== 'drips') return void socket.destroy();
  const timer = setInterval(() => socket.write('2'), DRIP_MS); // never the end of a line
  socket.on('close', () => clearInterval(timer));
}

function speakHttp(response: ServerResponse, manner: Manner, call: string): void {
  if (manner === 'hangs') return;
  if (manner === 'drops') return void response.destroy();
  if (manner === 'drips') {
    response.writeHead(200, { 'content-type': 'application/json' });
    const timer = setInterval(() => response.write(' '), DRIP_MS);
    return void response.on('close', () => clearInterval(timer));
  }
  const { status, body = '' } = manner === 'echoes' ? { status: 400, body: call } : manner;
  response.writeHead(status, { 'content-type': 'text/plain', ...(status === 302 && { location: '/elsewhere' }) });
  response.end(body);
}

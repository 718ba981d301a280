import { once } from 'node:events';
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';

/** Every address of this machine at one port, to see who connects where: what is counted are connections, not requests. */
export interface ListeningPost {
  readonly port: number;
  /** The address that was connected to, for every connection so far. */
  readonly reached: string[];
  /** How it answers over HTTP; 200 unless told. */
  behave(manners?: Manners): void;
  close(): Promise<void>;
}

type Manners = (request: IncomingMessage, response: ServerResponse) => void;
const WELL: Manners = (_request, response) => response.end('{}');

/** @param greeting said at once and followed by the end of the connection, as a mail server does that is busy */
export async function aListeningPost(greeting?: string): Promise<ListeningPost> {
  const reached: string[] = [];
  let manners = WELL;
  const server = createHttp((request, response) => manners(request, response));
  server.on('connection', (socket) => {
    reached.push(socket.localAddress?.replace(/^::ffff:(?=\d+\.)/, '') ?? '');
    if (greeting !== undefined) socket.end(greeting);
  });
  server.listen(0, '::'); // of both families
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    reached,
    behave: (next = WELL) => (manners = next),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A port of this machine at which nobody listens. */
export async function aClosedPort(): Promise<number> {
  const server = createServer().listen(0, '::');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

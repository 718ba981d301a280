import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** A load balancer in front of several nodes, without stickiness: each request and each socket goes to the next one. */
export interface RoundRobin {
  readonly url: string;
  /** How many requests and sockets each node got. */
  readonly shares: readonly { requests: number; sockets: number }[];
  close(): Promise<void>;
}

export async function aRoundRobin(nodes: readonly { readonly url: string }[]): Promise<RoundRobin> {
  const shares = nodes.map(() => ({ requests: 0, sockets: 0 }));
  const turns = { requests: 0, sockets: 0 };
  const next = (kind: 'requests' | 'sockets'): URL => {
    const at = turns[kind]++ % nodes.length;
    shares[at]![kind]++;
    return new URL(nodes[at]!.url);
  };
  const server = createServer((incoming, answer) => forward(next('requests'), incoming, answer));
  const tunnels = new Set<Duplex>();
  server.on('upgrade', (incoming: IncomingMessage, client: Duplex, head: Buffer) => {
    const node = tunnel(next('sockets'), incoming, client, head);
    for (const end of [client, node]) {
      tunnels.add(end);
      end.once('close', () => tunnels.delete(end));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    shares,
    close: async () => {
      for (const end of tunnels) end.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function forward({ hostname, port }: URL, incoming: IncomingMessage, answer: ServerResponse): void {
  const { method, url: path, headers } = incoming;
  const onward = request({ hostname, port, method, path, headers }, (reply) => {
    answer.writeHead(reply.statusCode ?? 502, reply.headers);
    reply.pipe(answer);
  });
  onward.on('error', () => answer.destroy());
  incoming.pipe(onward);
}

/** The handshake as it came, and then bytes in both directions. */
function tunnel(
  { hostname, port }: URL,
  { method, url, rawHeaders }: IncomingMessage,
  client: Duplex,
  head: Buffer,
): Socket {
  const node = connect(Number(port), hostname);
  const pairs = Array.from(
    { length: rawHeaders.length / 2 },
    (_, at) => `${rawHeaders[2 * at]}: ${rawHeaders[2 * at + 1]}`,
  );
  node.write(`${method} ${url} HTTP/1.1\r\n${pairs.join('\r\n')}\r\n\r\n`);
  node.write(head);
  node.pipe(client).pipe(node);
  node.on('error', () => client.destroy());
  client.on('error', () => node.destroy());
  return node;
}

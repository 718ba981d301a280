import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface SilentLine {
  /** The same as was given, through this. */
  readonly url: string;
  /** From here on no answer comes through on the connections there are, and none is ended: as when the host behind them is gone. */
  silence(): void;
  close(): void;
}

/** A line to a server that can go dead without a word. What connects after the silence is served. */
export async function aSilentLine(to: string): Promise<SilentLine> {
  const target = new URL(to);
  const sockets = new Set<Socket>();
  const far = new Set<Socket>();
  const server = createServer((near) => {
    const behind = connect(Number(target.port), target.hostname);
    far.add(behind);
    for (const socket of [near, behind]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket) && far.delete(socket));
    }
    near.pipe(behind).pipe(near);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(to);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    silence: () => {
      for (const socket of far) socket.unpipe().pause();
    },
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

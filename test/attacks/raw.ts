import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

const HANG_MS = 10_000;
const CHUNK_BYTES = 64 * 1024;
/** One address of the loopback has 28,000 ports, and a closed connection keeps its own for a minute. */
const ADDRESSES = 200;
let lastAddress = 0;

/** A connection on bare TCP, to the loopback alone. */
export function dial(port: number): Socket {
  lastAddress = (lastAddress + 1) % ADDRESSES;
  const socket = connect({ host: '127.0.0.1', port, localAddress: `127.0.0.${2 + lastAddress}`, noDelay: true });
  socket.on('error', () => socket.destroy());
  return socket;
}

export const head = (first: string, headers: Readonly<Record<string, string | number>>): string =>
  [
    `${first} HTTP/1.1`,
    'Host: attack',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    '',
    '',
  ].join('\r\n');

/** What came of a request: the status that was answered, `cut off` without one, or `no answer within 10 s`. */
export type End = string;

/** Sends a head and a body, as fast as it is taken, until there is an answer. Text is sent as often as it is asked for. */
export async function exchange(port: number, start: string, body: Iterable<Buffer>, withinMs = HANG_MS): Promise<End> {
  const socket = dial(port);
  let answer = '';
  socket.on('data', (bytes: Buffer) => (answer += bytes.toString('latin1')));
  const over = new Promise<End>((resolve) => {
    const timer = setTimeout(() => resolve(`no answer within ${withinMs / 1_000} s`), withinMs);
    socket.on('data', () => statusIn(answer) && resolve(statusIn(answer)!));
    socket.once('close', () => {
      clearTimeout(timer);
      resolve(statusIn(answer) ?? 'cut off');
    });
  });
  const sending = send(socket, start, body).catch(() => undefined);
  const end = await over;
  socket.destroy();
  await sending;
  return end;
}

async function send(socket: Socket, start: string, body: Iterable<Buffer>): Promise<void> {
  socket.write(start);
  for (const bytes of body) {
    if (socket.destroyed) return;
    if (!socket.write(bytes)) await Promise.race([once(socket, 'drain'), once(socket, 'close'), pause(HANG_MS)]);
  }
}

const statusIn = (answer: string): string | undefined => /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1];

/** A text in pieces. */
export function* piecesOf(bytes: Buffer): Iterable<Buffer> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES);
}

/** As Transfer-Encoding has it, without an end. */
export function* endlessChunks(): Iterable<Buffer> {
  const data = Buffer.alloc(CHUNK_BYTES, 'x');
  const chunk = Buffer.concat([Buffer.from(`${data.length.toString(16)}\r\n`), data, Buffer.from('\r\n')]);
  for (;;) yield chunk;
}

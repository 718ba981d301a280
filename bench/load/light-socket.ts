import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

const TEXT = 1;
/** Engine.IO and Socket.IO packets: https://socket.io/docs/v4/socket-io-protocol/#packet-encoding */
const PING = 0x32;
const MESSAGE = 0x34;
const CONNECT = 0x30;
const EVENT = 0x32;
const ACK = 0x33;
const CONNECT_ERROR = 0x34;

export interface LightSocketOptions {
  readonly url: string;
  readonly key?: string;
  /** Counts as connected when this event comes; without it, when Socket.IO says so. */
  readonly readyEvent?: string;
}

/**
 * A Socket.IO client on bare TCP. It reads what it must to keep the protocol and counts the rest, so that a hundred of them cost
 * less than the server they listen to.
 */
export class LightSocket {
  events = 0;
  onEvent: () => void = () => undefined;
  /** Rejects when the server ends the socket, or cannot be understood. */
  readonly ended: Promise<never>;
  private readonly acknowledgements = new Map<number, (reply: Buffer) => void>();
  private rest: Buffer | null = null;
  private lastId = 0;
  private fail!: (reason: Error) => void;
  private settleReady!: () => void;
  private isUpgraded = false;

  private constructor(
    private readonly socket: Socket,
    private readonly readyEvent: string | undefined,
  ) {
    this.ended = new Promise((_resolve, reject) => (this.fail = reject));
    this.ended.catch(() => undefined);
    socket.on('data', (chunk) => this.receive(chunk));
    socket.on('error', (error) => this.fail(error));
    socket.on('close', () => this.fail(new Error('The server closed a socket.')));
  }

  static async open({ url, key, readyEvent }: LightSocketOptions): Promise<LightSocket> {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    const light = new LightSocket(socket, readyEvent);
    const ready = new Promise<void>((resolve) => (light.settleReady = resolve));
    const lines = [
      'GET /sockets/?EIO=4&transport=websocket HTTP/1.1',
      `Host: ${hostname}:${port}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      ...(key === undefined ? [] : [`Authorization: Bearer ${key}`]),
    ];
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    await Promise.race([ready, light.ended]);
    return light;
  }

  /** @returns the acknowledgement's JSON */
  emit(event: string, data: object): Promise<Buffer> {
    const id = ++this.lastId;
    this.send(`42${id}${JSON.stringify([event, data])}`);
    return new Promise((resolve) => this.acknowledgements.set(id, resolve));
  }

  close(): void {
    this.socket.destroy();
  }

  /** Masked, as clients must, with a mask of zeros, which costs nothing. */
  private send(text: string): void {
    const payload = Buffer.from(text);
    const isShort = payload.length < 126;
    const head = Buffer.alloc(isShort ? 6 : 8);
    head[0] = 0x80 | TEXT;
    head[1] = 0x80 | (isShort ? payload.length : 126);
    if (!isShort) head.writeUInt16BE(payload.length, 2);
    this.socket.write(Buffer.concat([head, payload]));
  }

  private receive(chunk: Buffer): void {
    let bytes = this.rest ? Buffer.concat([this.rest, chunk]) : chunk;
    if (!this.isUpgraded) {
      const headEnd = bytes.indexOf('\r\n\r\n');
      if (headEnd !== -1 && bytes.toString('latin1', 9, 12) !== '101')
        return this.fail(new Error(`No upgrade: ${bytes.toString('utf8').slice(0, 500)}`));
      this.isUpgraded = headEnd !== -1;
      bytes = headEnd === -1 ? bytes : bytes.subarray(headEnd + 4);
    }
    let at = 0;
    for (let end = this.isUpgraded ? frameEnd(bytes, at) : undefined; end !== undefined; end = frameEnd(bytes, at)) {
      const length = bytes[at + 1]!;
      this.read(bytes, at + (length < 126 ? 2 : length === 126 ? 4 : 10), end);
      at = end;
    }
    this.rest = at < bytes.length ? bytes.subarray(at) : null;
  }

  private read(bytes: Buffer, from: number, end: number): void {
    const engine = bytes[from];
    if (engine === CONNECT) return this.send('40');
    if (engine === PING) return this.send('3');
    if (engine !== MESSAGE) return;
    const type = bytes[from + 1];
    if (type === EVENT) this.heard(bytes, from, end);
    else if (type === ACK) this.acknowledged(bytes, from + 2, end);
    else if (type === CONNECT && this.readyEvent === undefined) this.settleReady();
    else if (type === CONNECT_ERROR) this.fail(new Error(`Refused: ${bytes.toString('utf8', from, end)}`));
  }

  private heard(bytes: Buffer, from: number, end: number): void {
    this.events++;
    this.onEvent();
    if (this.readyEvent === undefined || this.events > 1) return;
    const text = bytes.toString('utf8', from + 2, end);
    if (text.startsWith(`["${this.readyEvent}"`)) this.settleReady();
    else this.fail(new Error(`Not ${this.readyEvent} first: ${text.slice(0, 500)}`));
  }

  private acknowledged(bytes: Buffer, from: number, end: number): void {
    const bracket = bytes.indexOf(0x5b, from);
    const id = Number(bytes.toString('latin1', from, bracket));
    const settle = this.acknowledgements.get(id);
    this.acknowledgements.delete(id);
    settle?.(bytes.subarray(bracket, end));
  }
}

/** Where the frame at `at` ends; undefined while it is not complete. */
function frameEnd(bytes: Buffer, at: number): number | undefined {
  if (bytes.length < at + 2) return undefined;
  const short = bytes[at + 1]!;
  const head = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < at + head) return undefined;
  const length =
    short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
  const end = at + head + length;
  return bytes.length >= end ? end : undefined;
}

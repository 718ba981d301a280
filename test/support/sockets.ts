import { io, type Socket } from 'socket.io-client';
import { WebSocket } from 'ws';
import { eventually } from './eventually.js';
import { type Meant, watchAnswer, watchPush, watchSent } from './frame-watch.js';

/** A push as either transport brings it. */
export interface Heard {
  readonly ev: string;
  readonly roomId?: string;
  readonly offset?: number;
  readonly ts: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the shape is what the test asserts
  readonly data: any;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the shape is what the test asserts
export type Answered = { readonly ok?: any; readonly error?: any };

/**
 * A client's socket of either transport, so that one test runs over both. Every frame of either direction is held against
 * the AsyncAPI document, whatever the suite is about; a test that sends a wrong one says so.
 */
export abstract class TestSocket {
  /** Every push so far, in the order they came. */
  readonly heard: Heard[] = [];
  closed: { readonly code: number; readonly reason: string } | null = null;

  abstract command(name: string, data?: object, meant?: Meant): Promise<Answered>;
  abstract close(): void;

  /** What has a place in a room, in the order it came. What is of the moment, such as presence, comes when it comes. */
  get durable(): Heard[] {
    return this.heard.filter(({ offset }) => offset !== undefined);
  }

  of(ev: string): Heard[] {
    return this.heard.filter((push) => push.ev === ev);
  }

  /** The n-th push of an event, once it has come. */
  hears(ev: string, nth = 1): Promise<Heard> {
    return eventually(() => {
      const push = this.of(ev)[nth - 1];
      if (!push) throw new Error(`No ${ev} yet, only: ${this.heard.map((one) => one.ev).join(', ')}`);
      return push;
    });
  }

  /** The push of a message, once it has come. */
  hearsMessage(id: string): Promise<Heard> {
    return eventually(() => this.of('message.created').find(({ data }) => (data as { id: string }).id === id));
  }

  /** Why the server closed it, once it has. */
  ends(): Promise<{ readonly code: number; readonly reason: string }> {
    return eventually(() => this.closed ?? undefined);
  }
}

export const TRANSPORTS = ['raw', 'socket.io'] as const;
export type TransportName = (typeof TRANSPORTS)[number];

/** Connects with a key and waits for `ready`. */
export async function aSocket(transport: TransportName, url: string, apiKey: string): Promise<TestSocket> {
  const socket = transport === 'raw' ? new RawTestSocket(url, apiKey) : new SocketIoTestSocket(url, apiKey);
  await eventually(() => socket.of('ready')[0] ?? socket.refused ?? socket.closed ?? undefined);
  if (!socket.of('ready')[0]) throw socket.refused ?? new Error(`Closed: ${JSON.stringify(socket.closed)}`);
  return socket;
}

export class RawTestSocket extends TestSocket {
  readonly ws: WebSocket;
  refused: Error | null = null;
  private readonly waiting = new Map<number, (answer: Answered) => void>();
  private readonly asked = new Map<number, { readonly cmd: string; readonly meant: Meant }>();
  private lastId = 0;

  /** @param apiKey in the header; without it, and without a ticket, the socket waits for a first frame */
  constructor(
    url: string,
    apiKey?: string,
    { ticket, origin, forwardedFor }: { ticket?: string; origin?: string; forwardedFor?: string } = {},
  ) {
    super();
    const query = ticket === undefined ? '' : `?ticket=${ticket}`;
    this.ws = new WebSocket(`${url.replace(/^http/, 'ws')}/api/v1/websocket/open${query}`, {
      headers: {
        ...(apiKey !== undefined && { Authorization: `Bearer ${apiKey}` }),
        ...(origin && { Origin: origin }),
        ...(forwardedFor && { 'X-Forwarded-For': forwardedFor }),
      },
    });
    this.ws.on('message', (data: Buffer) => this.receive(JSON.parse(data.toString())));
    this.ws.on('close', (code, reason) => (this.closed = { code, reason: reason.toString() }));
    this.ws.on('error', (error) => (this.refused = error));
  }

  /** A frame as it is. */
  send(text: string | Buffer, meant: Meant = 'valid'): void {
    this.watch(text, meant);
    this.ws.send(text);
  }

  /** The same in two fragments. */
  sendInParts(text: string): void {
    this.watch(text, 'valid');
    this.ws.send(text.slice(0, text.length / 2), { fin: false });
    this.ws.send(text.slice(text.length / 2), { fin: true });
  }

  command(cmd: string, data?: object, meant: Meant = 'valid'): Promise<Answered> {
    const id = ++this.lastId;
    this.send(JSON.stringify({ id, cmd, ...(data && { data }) }), meant);
    return new Promise((resolve) => this.waiting.set(id, resolve));
  }

  close(): void {
    this.ws.terminate();
  }

  private watch(text: string | Buffer, meant: Meant): void {
    const frame = frameIn(text);
    watchSent('raw', frame.cmd ?? 'heartbeat.client', frame, meant);
    if (frame.id !== undefined && frame.cmd !== undefined) this.asked.set(frame.id, { cmd: frame.cmd, meant });
  }

  private receive(frame: Partial<Heard> & { id?: number } & Answered): void {
    if (frame.ev !== undefined) {
      watchPush('raw', frame.ev, frame);
      this.heard.push(frame as Heard);
    } else if (frame.id !== undefined) {
      const { cmd, meant } = this.asked.get(frame.id) ?? { cmd: 'nothing', meant: 'valid' };
      watchAnswer('raw', cmd, frame, meant);
      this.waiting.get(frame.id)?.(frame);
      this.waiting.delete(frame.id);
    } else {
      watchPush('raw', 'heartbeat.server', frame);
      this.send('{}');
    }
  }
}

/** What a text frame says; of one that is no frame, what no schema allows. */
function frameIn(text: string | Buffer): { readonly id?: number; readonly cmd?: string } {
  if (typeof text !== 'string') return { cmd: 'binary' };
  try {
    const frame = JSON.parse(text) as unknown;
    return typeof frame === 'object' && frame !== null && !Array.isArray(frame) ? frame : { cmd: text };
  } catch {
    return { cmd: text };
  }
}

export class SocketIoTestSocket extends TestSocket {
  readonly socket: Socket;
  refused: Error | null = null;

  constructor(url: string, apiKey: string) {
    super();
    this.socket = io(url, {
      path: '/sockets',
      transports: ['websocket'],
      auth: { apiKey },
      reconnection: false,
      forceNew: true,
    });
    this.socket.onAny((ev: string, data: unknown, envelope?: Pick<Heard, 'roomId' | 'offset' | 'ts'>) => {
      watchPush('socketIo', ev, ev === 'server.close' ? [data] : [data, envelope]);
      if (ev === 'server.close') this.closed = data as { code: number; reason: string };
      else this.heard.push({ ev, data, ts: '', ...envelope });
    });
    this.socket.on('disconnect', (reason) => (this.closed ??= { code: 0, reason }));
    this.socket.on('connect_error', (error: Error & { readonly data?: unknown }) => {
      this.refused = error;
      if (error.data !== undefined) watchPush('socketIo', 'connect_error', [error.data]);
    });
  }

  command(name: string, data: object = {}, meant: Meant = 'valid'): Promise<Answered> {
    watchSent('socketIo', name, [data], meant);
    return new Promise((resolve) =>
      this.socket.emit(name, data, (answer: Answered) => {
        watchAnswer('socketIo', name, answer, meant);
        resolve(answer);
      }),
    );
  }

  /** A command without an acknowledgement, with its arguments as they are. */
  tell(name: string, args: readonly unknown[], meant: Meant = 'valid'): void {
    watchSent('socketIo', name, args, meant);
    this.socket.emit(name, ...args);
  }

  close(): void {
    this.socket.disconnect();
  }
}

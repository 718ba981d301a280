import { WebSocket } from 'ws';
import { type Dialect, DIALECTS, type Push, type Refusal, type Transport } from './dialects.js';

const PATIENCE_MS = 10_000;

export interface Call {
  readonly transport: Transport;
  readonly url: string;
  readonly key: string;
  /** Hears every push, `ready` as the first. */
  readonly heard: (push: Push) => void;
}

/** A command that the server answered with an error. */
export class Refused extends Error {
  constructor(readonly refusal: Refusal) {
    super(`${refusal.code}: ${refusal.message}`);
  }
}

interface Waiting {
  readonly resolve: (ok: unknown) => void;
  readonly reject: (reason: Error) => void;
}

/** One connection of a client of either transport, without what a library does by itself: it never comes back on its own. */
export class Line {
  /** Resolves when it is gone, whoever ended it. */
  readonly ended: Promise<void>;
  private readonly waiting = new Map<number, Waiting>();
  private readonly dialect: Dialect;
  private readonly socket: WebSocket;
  private readonly ready: Promise<void>;
  private settleReady!: Waiting;
  private lastId = 0;

  private constructor(private readonly call: Call) {
    this.dialect = DIALECTS[call.transport];
    this.socket = new WebSocket(`${call.url.replace(/^http/, 'ws')}${this.dialect.path}`, {
      headers: { Authorization: `Bearer ${call.key}` },
      perMessageDeflate: false,
      skipUTF8Validation: true,
      handshakeTimeout: PATIENCE_MS,
    });
    this.ready = new Promise((resolve, reject) => (this.settleReady = { resolve: () => resolve(), reject }));
    this.ended = new Promise((resolve) => this.socket.once('close', () => resolve()));
    this.socket.on('message', (data: Buffer) => this.receive(data.toString()));
    this.socket.on('error', (error) => this.settleReady.reject(error));
    this.socket.once('close', () => this.fail(new Error('The line ended.')));
  }

  /** Connects. @throws Error when it is not let in */
  static async open(call: Call): Promise<Line> {
    const line = new Line(call);
    const late = setTimeout(() => line.cut(), PATIENCE_MS);
    await line.ready.finally(() => clearTimeout(late));
    return line;
  }

  get url(): string {
    return this.call.url;
  }

  /** @returns what `ok` says. @throws Refused; Error when the line ended before the answer came */
  command<T>(name: string, data: object): Promise<T> {
    if (this.socket.readyState !== WebSocket.OPEN) throw new Error('The line ended.');
    const id = ++this.lastId;
    const late = setTimeout(() => this.cut(), PATIENCE_MS);
    this.socket.send(this.dialect.command(id, name, data));
    return new Promise<T>((resolve, reject) =>
      this.waiting.set(id, { resolve: (ok) => resolve(ok as T), reject }),
    ).finally(() => clearTimeout(late));
  }

  /** Without a word to the server, as a tunnel or a dead battery does. */
  cut(): void {
    this.socket.terminate();
  }

  private receive(text: string): void {
    const { push, answer, reply, refused } = this.dialect.read(text);
    if (reply !== undefined) this.socket.send(reply);
    if (refused !== undefined) this.settleReady.reject(new Error(refused));
    if (push) this.call.heard(push);
    if (push?.ev === 'ready') this.settleReady.resolve(undefined);
    if (!answer) return;
    const waiting = this.waiting.get(answer.id);
    this.waiting.delete(answer.id);
    if (answer.error) waiting?.reject(new Refused(answer.error));
    else waiting?.resolve(answer.ok);
  }

  private fail(reason: Error): void {
    this.settleReady.reject(reason);
    for (const { reject } of this.waiting.values()) reject(reason);
    this.waiting.clear();
  }
}

import type { Api } from '../../support/api.js';
import { aSocket, type Heard, type TestSocket } from '../../support/sockets.js';
import { type Outcome, patiently, performOverRest, SOCKET_COMMANDS } from './commands.js';

export const TRANSPORTS = ['rest', 'socketio', 'websocket'] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** One user's line to the service, over the transport under test. */
export interface Line {
  /** Everything so far, in the order it came. */
  readonly heard: readonly Heard[];
  /** Fetches what there is to hear, where it does not come by itself. */
  listen(): Promise<void>;
  /** @param isWrong whether its input is to be refused */
  command(name: string, data: Readonly<Record<string, unknown>>, isWrong: boolean): Promise<Outcome>;
  close(): void;
}

export interface Caller {
  readonly userId: string;
  readonly apiKey: string;
  readonly api: Api;
}

/** A socket of either transport; what sockets do not know as a command goes over REST beside it. */
export class SocketLine implements Line {
  private constructor(
    private readonly socket: TestSocket,
    private readonly api: Api,
  ) {}

  static async open(transport: 'socketio' | 'websocket', url: string, { apiKey, api }: Caller): Promise<SocketLine> {
    return new SocketLine(await aSocket(transport === 'websocket' ? 'raw' : 'socket.io', url, apiKey), api);
  }

  get heard(): readonly Heard[] {
    return this.socket.heard;
  }

  async listen(): Promise<void> {
    if (this.socket.closed) throw new Error(`the socket was closed: ${JSON.stringify(this.socket.closed)}`);
  }

  async command(name: string, data: Readonly<Record<string, unknown>>, isWrong: boolean): Promise<Outcome> {
    if (!SOCKET_COMMANDS.includes(name)) return performOverRest(this.api, name, data);
    const { ok, error } = await this.socket.command(name, data, isWrong ? 'refused' : 'valid');
    if (!error) return { ok: ok as unknown };
    return { refusal: { code: String(error.code), errors: error.details?.errors as unknown } };
  }

  close(): void {
    this.socket.close();
  }
}

/** How far each room of the scenario had come when the step began. */
export type Heads = ReadonlyMap<string, number>;

/** No socket: what happened is read in the durable feed of each room. */
export class RestLine implements Line {
  readonly heard: Heard[] = [];
  private readonly inside = new Set<string>();

  constructor(
    private readonly caller: Caller,
    private readonly master: Api,
    private readonly heads: Heads,
  ) {}

  async listen(): Promise<void> {
    for (const [roomId, head] of this.heads) {
      const after = Math.max(head, this.heard.findLast((push) => push.roomId === roomId)?.offset ?? 0);
      const feed = await this.feed(this.caller.api, roomId, after);
      if (feed) this.inside.add(roomId);
      const left = !feed && this.inside.delete(roomId);
      this.heard.push(...(feed ?? (left ? await this.farewell(roomId, after) : [])));
    }
  }

  command(name: string, data: Readonly<Record<string, unknown>>): Promise<Outcome> {
    return performOverRest(this.caller.api, name, data);
  }

  close(): void {
    // There is nothing to close.
  }

  /** To those who are out the feed is 404. How it came to that, which sockets hear as the last, the master key can read. */
  private async farewell(roomId: string, after: number): Promise<Heard[]> {
    const feed = await this.feed(this.master, roomId, after);
    if (!feed) return [{ ev: 'room.deleted', roomId, offset: after + 1, ts: '', data: { id: roomId } }];
    const last = feed.findIndex(
      ({ ev, data }) => (ev === 'member.left' || ev === 'member.removed') && data.userId === this.caller.userId,
    );
    return feed.slice(0, last + 1);
  }

  private async feed(api: Api, roomId: string, after: number): Promise<Heard[] | null> {
    const { status, body } = await patiently(() => api.get(`/rooms/${roomId}/events?after=${after}&limit=100`));
    return status === 200 ? (body.data as Heard[]) : null;
  }
}

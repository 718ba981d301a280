import type { Writable } from 'node:stream';
import type { WebSocket } from 'ws';

type Corkable = Pick<Writable, 'cork' | 'uncork'>;

/**
 * Holds back what is written to a socket until the tick ends, so that all of it leaves in one system call: those are
 * the largest part of what a push costs.
 */
export class TickCork {
  private isCorked = false;

  constructor(private readonly stream: Corkable | null) {}

  /** Of the stream below a WebSocket, which ws keeps to itself. */
  static below(ws: WebSocket): TickCork {
    return new TickCork((ws as unknown as { readonly _socket?: Writable })._socket ?? null);
  }

  /** To be called before a write. */
  hold(): void {
    if (this.isCorked || !this.stream) return;
    this.isCorked = true;
    this.stream.cork();
    process.nextTick(() => {
      this.isCorked = false;
      this.stream?.uncork();
    });
  }
}

import { newId } from '../database/index.js';
import type { Principal } from '../security/index.js';
import { CLOSE, type Close } from './close.js';
import { CommandRate } from './command-rate.js';
import type { PreparedPush } from './prepared-push.js';

/** What may wait for a socket to read it. Past half of it goes what is only of the moment; past all of it, the socket. */
export const BUFFER_BYTES = 1024 * 1024;
const EPHEMERAL_BUFFER_BYTES = BUFFER_BYTES / 2;

/** A command's answer: exactly one of the two, once per command. */
export type Reply = { readonly ok: unknown } | { readonly error: ReplyError };

export interface ReplyError {
  readonly code: string;
  readonly message: string;
  readonly temporary: boolean;
  readonly retryAfterMs?: number;
  readonly details?: unknown;
}

/** One socket of either transport, once its key has been checked. */
export abstract class Connection {
  readonly id = newId();
  /** Rooms it hears, by topic. */
  readonly topics = new Set<string>();
  readonly rate = new CommandRate();
  /** Commands begun and not yet answered. */
  inFlight = 0;
  /** Set while `ready` is being made: membership changes of that moment, applied after it. */
  deferred: (() => void)[] | null = [];
  expiry?: NodeJS.Timeout;
  /** Why this side ended it; null while it is open, and when the peer went. */
  closedFor: Close | null = null;
  private isClosing = false;
  private isGone = false;
  private farewells: (() => void)[] | null = null;

  constructor(readonly principal: Principal) {}

  /** Bytes that were written and the peer has not taken. */
  abstract get buffered(): number;
  protected abstract write(push: PreparedPush): void;
  protected abstract end(close: Close): void;

  /** @returns whether the socket took it */
  push(push: PreparedPush): boolean {
    if (!this.takes(push.isEphemeral)) return false;
    this.write(push);
    return true;
  }

  close(close: Close): void {
    if (this.isClosing) return;
    this.isClosing = true;
    this.closedFor = close;
    this.end(close);
  }

  /** Runs when the socket is gone; at once when it is. */
  onGone(farewell: () => void): void {
    if (this.isGone) farewell();
    else (this.farewells ??= []).push(farewell);
  }

  gone(): void {
    this.isGone = true;
    this.isClosing = true;
    for (const farewell of this.farewells ?? []) farewell();
    this.farewells = null;
  }

  /**
   * Whether more may be written. What is over the buffer is never left out in silence: the socket ends, and its client
   * fetches with `sync`.
   */
  protected takes(isEphemeral: boolean): boolean {
    if (this.isClosing) return false;
    const { buffered } = this;
    if (buffered <= EPHEMERAL_BUFFER_BYTES) return true;
    if (isEphemeral) return false;
    if (buffered <= BUFFER_BYTES) return true;
    this.close(CLOSE.slowConsumer);
    return false;
  }
}

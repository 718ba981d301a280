import { newId } from '../database/index.js';
import type { Principal } from '../security/index.js';
import type { Close } from './close.js';
import type { PreparedPush } from './prepared-push.js';

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
  /** Commands begun and not yet answered. */
  inFlight = 0;
  /** Set while `ready` is being made: membership changes of that moment, applied after it. */
  deferred: (() => void)[] | null = [];
  expiry?: NodeJS.Timeout;
  private commandWindow = { second: 0, count: 0 };

  constructor(readonly principal: Principal) {}

  abstract push(push: PreparedPush): void;
  abstract close(close: Close): void;

  /** Counts a command; false when it is over the connection's limit for this second. */
  takeCommand(perSecond: number): boolean {
    const second = Math.floor(Date.now() / 1_000);
    if (this.commandWindow.second !== second) this.commandWindow = { second, count: 0 };
    return ++this.commandWindow.count <= perSecond;
  }
}

import type { ClientId, Tx } from '../database/index.js';

/** Work to be accepted: an id, and when. What it is about the kind keeps in tables of its own. */
export interface NewWork {
  readonly id: string;
  readonly clientId: ClientId;
  /** Two with the same key, client and kind are one. */
  readonly dedupeKey: string;
  /** 1 before 5 before 9, within a client. */
  readonly priority: WorkPriority;
  /** Not before; now when null. */
  readonly runAt: Date | null;
  /** So long after that. */
  readonly afterSeconds?: number;
  /** Waiting longer than this it ends as `dead`, `expired`. */
  readonly expiresAt: Date | null;
  readonly requestId: string | null;
  /** The trace that it was caused in, which its spans go on with. */
  readonly traceparent?: string | null;
  /** Where it differs from its kind's. */
  readonly whenLost?: 'again' | 'held';
}

export const WORK_PRIORITIES = { high: 1, normal: 5, low: 9 } as const;
export type WorkPriority = (typeof WORK_PRIORITIES)[keyof typeof WORK_PRIORITIES];

/** Work that this process holds until its lease ends. */
export interface Claim {
  readonly id: string;
  readonly clientId: ClientId;
  /** Tries that had an outcome, before this one. */
  readonly attempts: number;
  /** Times it was handed out, this one included: names the attempt. */
  readonly claims: number;
  /** Proves that the lease is still ours when the outcome is written. */
  readonly token: string;
  readonly requestId: string | null;
  readonly traceparent: string | null;
}

/**
 * How a try ended. `retry` counts as an attempt, `postpone` does not: the fault was not the work's own.
 * `held` waits for an operator: whether it happened is unknown, and doing it twice would be worse than not.
 */
export type Decision<Result> = { readonly result: Result } & (
  | { readonly end: 'done' }
  | { readonly end: 'dead' | 'held'; readonly reason: string }
  | { readonly end: 'retry' | 'postpone'; readonly afterSeconds: number; readonly reason: string }
);

export interface Settled<Payload, Result> {
  readonly claim: Claim;
  readonly payload: Payload;
  readonly decision: Decision<Result>;
}

/** Work that the engine ended by itself. */
export interface Ended {
  readonly id: string;
  readonly clientId: ClientId;
}

/** Work whose worker went away before it said how it ended, and what becomes of it. */
export interface Lost extends Ended {
  readonly claims: number;
  readonly fate: 'again' | 'held' | 'crash_loop';
}

/**
 * Begins other work of the same kind, as far as it is due and free, in the slot of what asks for it: for what is better done
 * together. It runs and ends like any other. @returns when each piece has ended
 */
export type Beside = (ids: readonly string[]) => Promise<ReadonlyMap<string, Promise<void>>>;

/**
 * One kind of durable work. The engine hands it out, at least once, and writes its end; the kind says what it is.
 * `run` may be called again for work that happened already (a process died before it could say so), so what it does
 * carries the stable {@link Claim.id} for the other side to recognise.
 */
export interface WorkKind<Payload, Result> {
  /** Also the name of its Bull queue. */
  readonly name: string;
  /** What its ids are called in logs; `workId` unless told. */
  readonly idInLogs?: string;
  /** Lost this often in a row, without an outcome between, it ends as `crash_loop`: it kills workers. */
  readonly maxLosses: number;
  /** Work that died in flight: `again` where the other side can tell a repeat, else `held`. */
  readonly whenLost: 'again' | 'held';
  /** What the claimed work is about, read in one go. Work that is missing here ends as `dead`, `gone`. */
  load(claims: readonly Claim[]): Promise<ReadonlyMap<string, Payload>>;
  /** Does it. Holds no transaction; stops when the signal aborts. */
  run(payload: Payload, claim: Claim, signal: AbortSignal, beside: Beside): Promise<Decision<Result>>;
  /** What a thrown error means; a thrown error is a fault of ours. */
  failed(payload: Payload, claim: Claim, error: unknown): Decision<Result>;
  /** Writes what follows from the ends, in the transaction that writes the ends themselves. */
  settle(tx: Tx, settled: readonly Settled<Payload, Result>[]): Promise<void>;
  /** Writes what follows for work whose worker went away. */
  lost(tx: Tx, lost: readonly Lost[]): Promise<void>;
  /** Writes what follows for work whose time was over before anybody got to it. */
  expired(tx: Tx, expired: readonly Ended[]): Promise<void>;
}

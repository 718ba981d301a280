import { hostname } from 'node:os';
import { Injectable } from '@nestjs/common';
import { type ClientId, Database, idBefore, type Queryable, type Tx } from '../database/index.js';
import type { Claim, Decision, Ended, Lost, NewWork } from './work.js';
import {
  ACCEPT,
  CANCEL,
  CLAIM_DUE,
  CLAIM_HINTED,
  CONCLUDE,
  COUNT,
  EXPIRE,
  FINISH,
  HASTEN,
  HASTEN_WAITING,
  OLDEST,
  PRUNE,
  PRUNED_AT_ONCE,
  REAP,
  RELEASE,
  REVIVE,
} from './work.statements.js';

export interface Finish {
  readonly claim: Claim;
  readonly decision: Decision<unknown>;
}

/** Work of a kind: `accepted = ready + leased + held + done + dead`. */
export interface WorkCount {
  readonly kind: string;
  readonly accepted: number;
  readonly ready: number;
  readonly leased: number;
  readonly held: number;
  readonly done: number;
  readonly dead: number;
}

/** How much a sweep may claim, and for whom. */
export interface Room {
  readonly limit: number;
  /** What clients have in hand already. */
  readonly held: ReadonlyMap<ClientId, number>;
  /** A client with this much in hand has its share. */
  readonly share: number;
  /** How many of the claims may go to clients that have theirs. */
  readonly unreserved: number;
}

export interface Sweep {
  /** The client whose successors come first; a round begins at {@link FIRST_CLIENT}. */
  readonly after: ClientId;
  /** How long due work is left to its hint. */
  readonly graceSeconds: number;
  readonly leaseSeconds: number;
  /** Clients of which nothing is claimed. */
  readonly without: readonly ClientId[];
}

/** Where a round of the clients begins. */
export const FIRST_CLIENT = '00000000-0000-0000-0000-000000000000';

/** The table of work, of all clients and kinds. Only the database's clock says what is due and whose lease is over. */
@Injectable()
export class WorkStore {
  private readonly worker = `${hostname()}:${process.pid}`.slice(0, 64);

  constructor(private readonly database: Database) {}

  /** Stores work in the caller's transaction. @returns the ids that are new */
  async accept(within: Queryable, kind: string, items: readonly NewWork[]): Promise<string[]> {
    if (items.length === 0) return [];
    const rows = items.map(
      ({ id, clientId, dedupeKey, priority, runAt, afterSeconds, expiresAt, requestId, whenLost, traceparent }) => ({
        ...{ id, client_id: clientId, dedupe_key: dedupeKey, priority },
        ...{ run_at: runAt, after: afterSeconds ?? 0, expires_at: expiresAt },
        ...{ request_id: requestId, when_lost: whenLost ?? null, traceparent: traceparent ?? null },
      }),
    );
    return (await within.query<{ id: string }>(ACCEPT, [kind, JSON.stringify(rows)])).map(({ id }) => id);
  }

  claimHinted(kind: string, ids: readonly string[], leaseSeconds: number): Promise<Claim[]> {
    return this.database.query(CLAIM_HINTED, [kind, ids, leaseSeconds, this.worker]);
  }

  claimDue(
    kind: string,
    { limit, held, share, unreserved }: Room,
    { after, graceSeconds, leaseSeconds, without }: Sweep,
  ): Promise<Claim[]> {
    const hands = [[...held.keys()], [...held.values()], share, unreserved];
    const where = [after, ...hands, graceSeconds, without];
    return this.database.query(CLAIM_DUE, [kind, limit, leaseSeconds, this.worker, ...where]);
  }

  /** Writes ends, each only if its lease is still ours. @returns the ids whose end was written; the others came late */
  async finish(tx: Tx, kind: string, finishes: readonly Finish[]): Promise<Set<string>> {
    const ended = await tx.query<{ id: string }>(FINISH, [kind, JSON.stringify(finishes.map(rowOf))]);
    return new Set(ended.map(({ id }) => id));
  }

  /** Takes back work whose lease ran out. */
  reap(tx: Tx, kind: string, maxLosses: number, whenLost: 'again' | 'held'): Promise<Lost[]> {
    return tx.query(REAP, [kind, maxLosses, whenLost]);
  }

  /** Ends work that nobody got to in its time. */
  expire(tx: Tx, kind: string): Promise<Ended[]> {
    return tx.query(EXPIRE, [kind]);
  }

  /** Ends work that nobody is at. @returns what it ended */
  cancel(tx: Tx, kind: string, ids: readonly string[]): Promise<Ended[]> {
    return tx.query(CANCEL, [kind, ids]);
  }

  /** Ends work that has become needless, as done, unless somebody is at it. @returns what it ended */
  async conclude(tx: Tx, kind: string, ids: readonly string[]): Promise<Ended[]> {
    return ids.length === 0 ? [] : tx.query(CONCLUDE, [kind, ids]);
  }

  /** Brings waiting work forward; never back. */
  async hasten(
    tx: Tx,
    kind: string,
    sooner: readonly { readonly id: string; readonly afterSeconds: number }[],
  ): Promise<void> {
    if (sooner.length === 0) return;
    await tx.query(HASTEN, [kind, sooner.map(({ id }) => id), sooner.map(({ afterSeconds }) => afterSeconds)]);
  }

  /** Brings a client's work forward that waits for one of the reasons, within so many seconds. */
  async hastenWaiting(
    kind: string,
    clientId: ClientId,
    reasons: readonly string[],
    withinSeconds: number,
  ): Promise<void> {
    await this.database.query(HASTEN_WAITING, [kind, clientId, reasons, withinSeconds]);
  }

  /** Makes work of what ended, or is held: whoever asks knows that it came to nothing. @returns what is work again */
  async revive(tx: Tx, kind: string, ids: readonly string[]): Promise<Ended[]> {
    return ids.length === 0 ? [] : tx.query(REVIVE, [kind, ids]);
  }

  /** Gives leases back at once, so that others need not wait for their end; not of what would be held when lost. */
  async release(claims: readonly Claim[], whenLost: 'again' | 'held' = 'again'): Promise<void> {
    const held = [claims.map(({ id }) => id), claims.map(({ token }) => token)];
    await this.database.query(RELEASE, [...held, whenLost]);
  }

  /** Removes work that ended so long ago, with its attempts, one batch a call. @returns whether there may be more */
  async prune(afterDays: number): Promise<boolean> {
    const removed = await this.database.query(PRUNE, [idBefore(afterDays), afterDays]);
    return removed.length === PRUNED_AT_ONCE;
  }

  count(): Promise<WorkCount[]> {
    return this.database.query(COUNT);
  }

  /** How long the oldest work of each kind is due. @param without clients whose work is not to be done now */
  oldest(without: readonly ClientId[]): Promise<{ kind: string; seconds: number }[]> {
    return this.database.query(OLDEST, [without]);
  }
}

function rowOf({ claim, decision }: Finish): object {
  const waits = decision.end === 'retry' || decision.end === 'postpone';
  return {
    ...{ id: claim.id, token: claim.token, n: claim.claims },
    state: waits ? 'ready' : decision.end,
    after: waits ? decision.afterSeconds : 0,
    burns: decision.end === 'postpone' ? 0 : 1,
    reason: decision.end === 'done' ? null : decision.reason,
    outcome: decision.end,
  };
}

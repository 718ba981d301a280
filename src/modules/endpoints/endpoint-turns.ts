import { Injectable } from '@nestjs/common';
import { Database, GroupCommit, type Tx } from '../../platform/database/index.js';
import { WorkEngine } from '../../platform/work/index.js';
import type { EndpointName } from './endpoint.js';
import { WEBHOOKS } from './endpoints.jobs.js';
import { type CallName, type InLine, type Standing, TurnsRepository } from './turns.repository.js';
import { admit, afterCalls, AHEAD_SECONDS, type Called, hasFailedForTooLong, roomOf } from './turns.rules.js';

/** Let in, to begin so many seconds from now; or to come back in so many. */
export interface Turn {
  readonly isLetIn: boolean;
  readonly inSeconds: number;
}

export interface CallEnded extends CallName {
  readonly called: Called | null;
}

/** Past its deadline a call is over, whatever became of who made it. */
export const CALL_SECONDS = 15;
const SLOT_SECONDS = CALL_SECONDS + AHEAD_SECONDS + 5;
const BATCH_MAX = 500;
/** Of an endpoint that nobody knows any more, as it was just removed. */
const GONE: Turn = { isLetIn: false, inSeconds: 1 };

/**
 * Holds all workers together to what each endpoint takes: so many calls at once, so many a second. Who is let in is a row,
 * taken under the lock of the endpoint's state: it outlives Redis, and ends with its time when its process dies. Who is not
 * stands in line without being asked for again and again: each call that ends calls up the next.
 */
@Injectable()
export class EndpointTurns {
  private readonly asking;

  constructor(
    private readonly database: Database,
    private readonly turns: TurnsRepository,
    private readonly work: WorkEngine,
  ) {
    this.asking = new GroupCommit<CallName, Turn>({
      write: (batch) => this.database.transaction((tx) => this.takeAll(tx, batch)),
      lanes: 1,
      laneOf: () => 0,
      maxBatch: BATCH_MAX,
      maxWaiting: Infinity,
    });
  }

  /** What was let in keeps its place until it is told to have ended. @throws Unavailable */
  take(call: CallName): Promise<Turn> {
    return this.asking.append(call);
  }

  /**
   * Notes how calls ended, and calls up whoever can be let in now; in the transaction that writes their ends, after their
   * deliveries. @returns those that have failed for too long
   */
  async ended(tx: Tx, ends: readonly CallEnded[]): Promise<EndpointName[]> {
    const byEndpoint = groupedBy(ends, ({ endpointId }) => endpointId);
    const standings = await this.turns.lock(tx, namesOf(ends));
    this.turns.endCalls(tx, ends);
    const { inFlight, line, now } = await this.look(tx, standings);
    const after = standings.map((standing) => {
      const calls = (byEndpoint.get(standing.endpointId) ?? []).flatMap(({ called }) => called ?? []);
      const hasLine = line.has(standing.endpointId);
      const state = afterCalls(standing.state, calls, now);
      return { ...standing, state: hasLine ? state : { ...state, lastTurnAt: 0 } };
    });
    this.turns.write(tx, after);
    await this.callUp(tx, after, { inFlight, line, now });
    return after.filter(({ state }) => hasFailedForTooLong(state, now));
  }

  /** Who stands in line looks again: something has changed. */
  async wake(tx: Tx, endpoint: EndpointName): Promise<void> {
    const standings = await this.turns.lock(tx, [endpoint]);
    await this.callUp(tx, standings, await this.look(tx, standings));
  }

  private async takeAll(tx: Tx, batch: readonly CallName[]): Promise<Turn[]> {
    const byEndpoint = groupedBy(batch, ({ endpointId }) => endpointId);
    const standings = await this.turns.lock(tx, namesOf(batch));
    const [inFlight, now] = await Promise.all([this.turns.inFlight(tx, standings), this.turns.now(tx)]);
    const turnOf = new Map<CallName, Turn>();
    const after = standings.map((standing): Standing => {
      const calls = byEndpoint.get(standing.endpointId) ?? [];
      const asked = { wanted: calls.length, inFlight: inFlight.get(standing.endpointId) ?? 0, now };
      const { callsAt, turnsAt, state } = admit(standing.state, standing.limits, asked);
      const all = [...callsAt, ...turnsAt].map((at, n) => ({ isLetIn: n < callsAt.length, inSeconds: at - now }));
      calls.forEach((call, n) => turnOf.set(call, all[n] ?? GONE));
      return { ...standing, state };
    });
    this.turns.write(tx, after);
    const letIn = batch.filter((call) => turnOf.get(call)?.isLetIn);
    this.turns.beginCalls(tx, letIn, SLOT_SECONDS);
    return batch.map((call) => turnOf.get(call) ?? GONE);
  }

  private async look(tx: Tx, names: readonly EndpointName[]) {
    const [inFlight, line, now] = await Promise.all([
      this.turns.inFlight(tx, names),
      this.turns.line(tx, names),
      this.turns.now(tx),
    ]);
    return { inFlight, line: groupedBy(line, ({ endpointId }) => endpointId), now };
  }

  private async callUp(
    tx: Tx,
    standings: readonly Standing[],
    { inFlight, line, now }: Awaited<ReturnType<EndpointTurns['look']>>,
  ): Promise<void> {
    const next = standings.flatMap(({ endpointId, state, limits }): InLine[] => {
      const room = roomOf(state, limits, { inFlight: inFlight.get(endpointId) ?? 0, now });
      return (line.get(endpointId) ?? []).slice(0, room);
    });
    if (next.length === 0) return;
    await this.work.hasten(
      tx,
      WEBHOOKS,
      next.map(({ id, clientId }) => ({ id, clientId, afterSeconds: 0 })),
    );
  }
}

function groupedBy<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) if (!groups.get(keyOf(item))?.push(item)) groups.set(keyOf(item), [item]);
  return groups;
}

/** Each endpoint once. */
const namesOf = (calls: readonly CallName[]): EndpointName[] => [
  ...new Map(calls.map(({ clientId, endpointId }) => [endpointId, { clientId, endpointId }])).values(),
];

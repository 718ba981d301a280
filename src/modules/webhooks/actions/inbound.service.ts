import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ENV, type ResolvedEnv } from '../../../config/index.js';
import type { Tx } from '../../../platform/database/index.js';
import { Unavailable } from '../../../platform/errors/index.js';
import { atHops } from '../../../platform/outbox/index.js';
import {
  type Claim,
  type Decision,
  type Ended,
  type Lost,
  type Settled,
  WorkEngine,
  type WorkKind,
} from '../../../platform/work/index.js';
import { inputOf } from '../events/rule-input.rules.js';
import type { EventStatus } from '../events/event.js';
import { INBOUND } from '../webhooks.jobs.js';
import { ActionRunner, type Ran } from './action-runner.js';
import { ActionsRepository, type EventInHand } from './actions.repository.js';
import type { RuleInput } from './rule-values.js';

/** How the event ended; null while it has not. */
type Result = { readonly status: EventStatus; readonly reason: string | null } | null;
type Decided = Decision<Result>;

/** An event that has less time left of its lease than its next action may take gives it back first. */
const LONGEST_MS = { createRoom: 1_000, sendMessage: 1_000, sendNotification: 1_000, forward: 16_000 } as const;
const AGAIN_AFTER_SECONDS = 5;
const MAX_FAULTS = 5;

/** Has done what is to be done about an event: its actions in their order, each once it is known what became of the one before. */
@Injectable()
export class InboundService implements WorkKind<EventInHand, Result>, OnModuleInit {
  readonly name = INBOUND;
  readonly idInLogs = 'eventId';
  readonly maxLosses = 5;
  readonly whenLost = 'again';

  constructor(
    private readonly work: WorkEngine,
    private readonly actions: ActionsRepository,
    private readonly runner: ActionRunner,
    @Inject(ENV) private readonly env: ResolvedEnv,
  ) {}

  onModuleInit(): void {
    if (this.env.ROLE !== 'api') this.work.register(this);
  }

  async load(claims: readonly Claim[]): Promise<ReadonlyMap<string, EventInHand>> {
    const events = await this.actions.begin(claims);
    return new Map(events.map((event) => [event.id, event]));
  }

  run(event: EventInHand, _claim: Claim, signal: AbortSignal): Promise<Decided> {
    return atHops(event.hops + 1, () => this.runActions(event, signal));
  }

  /** While a part of the house is away the event waits; any other fault of ours comes to an end. */
  failed(_event: EventInHand, { attempts }: Claim, error: unknown): Decided {
    if (error instanceof Unavailable || isStopped(error)) return again('postpone', AGAIN_AFTER_SECONDS, 'unavailable');
    if (attempts + 1 < MAX_FAULTS) return again('retry', AGAIN_AFTER_SECONDS, 'internal');
    return { end: 'dead', reason: 'internal', result: { status: 'failed', reason: 'internal' } };
  }

  async settle(tx: Tx, settled: readonly Settled<EventInHand, Result>[]): Promise<void> {
    const ends = settled.flatMap(({ payload: { clientId, id, run }, decision: { result } }) =>
      result ? [{ clientId, id, run, ...result }] : [],
    );
    this.actions.finish(tx, ends);
  }

  async lost(tx: Tx, lost: readonly Lost[]): Promise<void> {
    const over = lost.filter(({ fate }) => fate === 'crash_loop');
    this.actions.fail(tx, over, 'crash_loop');
  }

  async expired(tx: Tx, expired: readonly Ended[]): Promise<void> {
    this.actions.fail(tx, expired, 'expired');
  }

  private async runActions(event: EventInHand, signal: AbortSignal): Promise<Decided> {
    const leftMs = this.timeLeft();
    const input = inputOf(event);
    const steps: Record<string, unknown> = {};
    let begun = 0;
    for (const action of event.actions) {
      if (action.status === 'pending') {
        if (begun++ > 0 && leftMs() < LONGEST_MS[action.type]) return again('postpone', 0, 'goes_on');
        const ran = await this.runner.run(event, action, withSteps(input, steps), signal);
        if (ran.kind !== 'ended') return stoppedBy(ran);
        steps[action.id] = ran.result;
      } else steps[action.id] = action.result;
    }
    return { end: 'done', result: { status: 'completed', reason: null } };
  }

  /** Half of a lease is for the work: the rest is for writing its end. */
  private timeLeft(): () => number {
    const endsAt = Date.now() + (this.env.WORK_LEASE_SECONDS * 1_000) / 2;
    return () => endsAt - Date.now();
  }
}

const withSteps = (input: Omit<RuleInput, 'steps'>, steps: Readonly<Record<string, unknown>>): RuleInput => ({
  ...input,
  steps,
});

const again = (end: 'retry' | 'postpone', afterSeconds: number, reason: string): Decided => ({
  ...{ end, afterSeconds, reason, result: null },
});

function stoppedBy(ran: Exclude<Ran, { readonly kind: 'ended' }>): Decided {
  if (ran.kind === 'gone') return again('postpone', 0, 'begun_anew');
  const { next, code } = ran;
  switch (next.kind) {
    case 'over':
      return { end: 'dead', reason: code, result: { status: 'failed', reason: code } };
    case 'wait':
      return again('postpone', next.afterSeconds, code);
    case 'retry':
      return again('retry', next.afterSeconds, code);
  }
}

/** The lease or the process is at its end. */
const isStopped = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError');

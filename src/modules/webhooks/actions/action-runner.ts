import { Injectable, Logger } from '@nestjs/common';
import { Database, type Tx } from '../../../platform/database/index.js';
import type { EventAction } from '../events/event.js';
import { ActionKinds } from './action-kinds.js';
import { type ActionEnd, ActionsRepository, type EventInHand } from './actions.repository.js';
import { errorOf, type Failure, failureOf, nextTry, type NextTry } from './failure.rules.js';
import { ForwardHeaders } from './forward-headers.js';
import { type RuleInput, RuleValues } from './rule-values.js';

/** How far an action came: `gone` when somebody else has it, or the event was begun anew meanwhile. */
export type Ran =
  | { readonly kind: 'ended'; readonly result: unknown }
  | { readonly kind: 'gone' }
  | { readonly kind: 'not_now'; readonly next: NextTry; readonly code: string };

class Gone extends Error {}

/** Does one action of an event, and writes what it came to before the next one begins. */
@Injectable()
export class ActionRunner {
  private readonly log = new Logger(ActionRunner.name);

  constructor(
    private readonly database: Database,
    private readonly actions: ActionsRepository,
    private readonly kinds: ActionKinds,
    private readonly values: RuleValues,
    private readonly headers: ForwardHeaders,
  ) {}

  /** @throws the signal's reason */
  async run(event: EventInHand, action: EventAction, input: RuleInput, signal: AbortSignal): Promise<Ran> {
    try {
      if (!(await this.values.holds(action, input, signal))) {
        await this.write(event, action, async () => ({ status: 'skipped', attempts: 0 }));
        return { kind: 'ended', result: null };
      }
      return { kind: 'ended', result: await this.done(event, action, input, signal) };
    } catch (error) {
      if (error instanceof Gone) return { kind: 'gone' };
      signal.throwIfAborted();
      return this.failed(event, action, error);
    }
  }

  private async done(event: EventInHand, action: EventAction, input: RuleInput, signal: AbortSignal): Promise<unknown> {
    const { clientId, requestId, hops } = event;
    const { payload } = input;
    const shown = this.values.checked(action, await this.values.filled(action, input, signal));
    const params = this.headers.revealed(event, event.forwardHeaders, action, shown);
    const context = { clientId, requestId, effectId: action.effectId, payload, hops: hops + 1, signal };
    const effect = await this.kinds.of(action.type).prepare(params, context);
    let result: unknown;
    await this.write(event, action, async (tx) => {
      result = await effect.apply(tx);
      return { status: 'done', result: JSON.stringify(result), attempts: 1 };
    });
    return result;
  }

  private async failed(event: EventInHand, action: EventAction, thrown: unknown): Promise<Ran> {
    const failure = failureOf(thrown) ?? this.faultOfOurs(event, action, thrown);
    const { error, again } = failure;
    const attempts = action.attempts + 1;
    const next = nextTry(failure, attempts, Math.random);
    const status = next.kind === 'over' ? 'failed' : 'pending';
    try {
      await this.write(event, action, async () => ({ status, error, attempts: again === 'wait' ? 0 : 1 }));
    } catch (gone) {
      if (gone instanceof Gone) return { kind: 'gone' };
      throw gone;
    }
    return {
      kind: 'not_now',
      next,
      code: again === 'later' && next.kind === 'over' ? 'retries_exhausted' : error.code,
    };
  }

  private faultOfOurs({ clientId, id: eventId }: EventInHand, { id }: EventAction, error: unknown): Failure {
    this.log.error({ msg: 'An action of an inbound event failed', err: error, clientId, eventId, action: id });
    return { error: errorOf('internal', 'Something went wrong on our side.'), again: 'later' };
  }

  /** The effect and its outcome, in one transaction. @throws Gone */
  private write(
    { clientId, id: eventId, run }: EventInHand,
    { n }: EventAction,
    outcome: (tx: Tx) => Promise<ActionEnd>,
  ): Promise<void> {
    const place = { eventId, n, run };
    return this.database.transaction(async (tx) => {
      if (!(await this.actions.lock(tx, clientId, place))) throw new Gone();
      this.actions.end(tx, clientId, place, await outcome(tx));
    });
  }
}

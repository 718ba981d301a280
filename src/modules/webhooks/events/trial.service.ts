import { Injectable } from '@nestjs/common';
import type { ClientId } from '../../../platform/database/index.js';
import { type InputFault, InvalidInput, NotFound, Unavailable } from '../../../platform/errors/index.js';
import { ExpressionFailed, ExpressionsBusy } from '../../../platform/expressions/index.js';
import type { ActionRule, ActionType } from '../actions/action.js';
import { EXAMPLE_ID } from '../actions/action-kind.js';
import { ActionKinds } from '../actions/action-kinds.js';
import { placesIn } from '../actions/expression-places.rules.js';
import { type RuleInput, RuleValues } from '../actions/rule-values.js';
import { keptHeaders, namedIn } from '../door/kept-headers.rules.js';
import type { WebhookSource } from '../sources/source.entity.js';
import { SourcesRepository } from '../sources/sources.repository.js';

export interface Trial {
  readonly payload: unknown;
  readonly headers?: Readonly<Record<string, unknown>>;
}

/** What would become of an action. */
export interface TriedAction {
  readonly id: string;
  readonly type: ActionType;
  readonly wouldRun: boolean;
  readonly params?: object;
  readonly faults: readonly InputFault[];
}

const DEADLINE_MS = 15_000;

/** In place of a value that could not be made. */
class Faults {
  constructor(readonly list: readonly InputFault[]) {}
}

/** Tries rules on a payload: nothing is made, nobody is called, nothing is stored. */
@Injectable()
export class TrialService {
  constructor(
    private readonly sources: SourcesRepository,
    private readonly values: RuleValues,
    private readonly kinds: ActionKinds,
  ) {}

  /** @throws NotFound, Unavailable */
  async run(clientId: ClientId, sourceId: string, trial: Trial): Promise<TriedAction[]> {
    const source = await this.sources.find(clientId, sourceId);
    if (!source) throw new NotFound();
    const signal = AbortSignal.timeout(DEADLINE_MS);
    const steps: Record<string, unknown> = {};
    const tried: TriedAction[] = [];
    for (const rule of source.actions) {
      const { example, ...action } = await this.tryOne(rule, { ...inputOf(source, trial), steps }, signal);
      steps[rule.id] = example;
      tried.push(action);
    }
    return tried;
  }

  private async tryOne(
    rule: ActionRule,
    input: RuleInput,
    signal: AbortSignal,
  ): Promise<TriedAction & { readonly example: object | null }> {
    const { id, type } = rule;
    const holds = await faultsOr('/when', () => this.values.holds(rule, input, signal));
    if (holds !== true)
      return { id, type, wouldRun: false, faults: holds instanceof Faults ? holds.list : [], example: null };
    const params = await faultsOr('/params', () => this.values.filled(rule, input, signal));
    if (params instanceof Faults) {
      const found = await this.faultsByPlace(rule, input, signal);
      return { id, type, wouldRun: false, faults: found.length > 0 ? found : params.list, example: null };
    }
    const kind = this.kinds.of(type);
    const checked = await faultsOr('/params', async () => {
      const whole = this.values.checked(rule, params);
      const faults = kind.faultsOf?.(whole) ?? [];
      if (faults.length > 0) throw new InvalidInput(faults);
      return whole;
    });
    if (checked instanceof Faults) return { id, type, wouldRun: false, params, faults: checked.list, example: null };
    return { id, type, wouldRun: true, params, faults: [], example: kind.exampleOf(checked) };
  }

  /** Which of the expressions it is. */
  private async faultsByPlace({ params }: ActionRule, input: RuleInput, signal: AbortSignal): Promise<InputFault[]> {
    const faults: InputFault[] = [];
    for (const { pointer, expression } of placesIn(params, '/params').places) {
      const value = await faultsOr(pointer, () => this.values.value(expression, input, signal));
      if (value instanceof Faults) faults.push(...value.list);
    }
    return faults;
  }
}

/** An event that has just come, as far as there is one. */
function inputOf({ id, event, settings }: WebhookSource, { payload, headers = {} }: Trial): Omit<RuleInput, 'steps'> {
  const texts = Object.entries(headers).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name.toLowerCase(), value] as const] : [],
  );
  const about = { externalId: null, type: null, receivedAt: new Date().toISOString(), hops: 0 };
  return {
    event: { id: EXAMPLE_ID, name: event, sourceId: id, ...about },
    payload: payload ?? null,
    headers: keptHeaders(Object.fromEntries(texts), namedIn(settings)),
  };
}

async function faultsOr<T>(pointer: string, work: () => Promise<T>): Promise<T | Faults> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ExpressionFailed)
      return new Faults([{ pointer, code: 'expression_failed', message: error.message }]);
    if (error instanceof InvalidInput)
      return new Faults((error.details.errors ?? []).map((fault) => ({ ...fault, pointer: pointer + fault.pointer })));
    if (error instanceof ExpressionsBusy || (error instanceof Error && error.name === 'TimeoutError'))
      throw new Unavailable('There is too much to try just now.');
    throw error;
  }
}

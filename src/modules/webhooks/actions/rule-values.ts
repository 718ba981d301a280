import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { InvalidInput } from '../../../platform/errors/index.js';
import { Expressions } from '../../../platform/expressions/index.js';
import { unstorable, validated } from '../../../platform/http/index.js';
import type { ActionRule } from './action.js';
import { PARAMS } from './params.js';
import { isTruthy } from './truth.rules.js';

/** What expressions read: nothing else of the house is within their reach. */
export interface RuleInput {
  readonly event: Readonly<Record<string, unknown>>;
  readonly payload: unknown;
  readonly headers: Readonly<Record<string, string>>;
  readonly steps: Readonly<Record<string, unknown>>;
}

const PARAMS_MAX_LENGTH = 1_000_000;
const VALUE_MAX_LENGTH = 1_000_000;

/** Puts values in place of the expressions of rules. */
@Injectable()
export class RuleValues implements OnApplicationShutdown {
  private readonly expressions = new Expressions();

  /** @throws ExpressionFailed, ExpressionsBusy, or the signal's reason */
  async holds({ when }: ActionRule, input: RuleInput, signal: AbortSignal): Promise<boolean> {
    if (when === undefined) return true;
    return isTruthy(await this.value(when, input, signal));
  }

  /** @throws ExpressionFailed, ExpressionsBusy, or the signal's reason */
  async value(expression: string, input: RuleInput, signal: AbortSignal): Promise<unknown> {
    const text = await this.expressions.fill({ $: expression }, input, { signal, maxLength: VALUE_MAX_LENGTH });
    return JSON.parse(text) as unknown;
  }

  /** @throws ExpressionFailed, ExpressionsBusy, or the signal's reason */
  async filled({ params }: ActionRule, input: RuleInput, signal: AbortSignal): Promise<object> {
    const text = await this.expressions.fill(params, input, { signal, maxLength: PARAMS_MAX_LENGTH });
    const filled: unknown = JSON.parse(text);
    if (typeof filled === 'object' && filled !== null) return filled;
    throw InvalidInput.at('', 'is_object', 'params must be an object');
  }

  /** As the REST body of what it does. @throws InvalidInput */
  checked({ type }: ActionRule, params: object): object {
    const odd = unstorable(params, '', 0);
    if (odd) throw InvalidInput.at(odd.pointer, odd.code, odd.message);
    return validated(PARAMS[type], withoutNulls(params));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.expressions.close();
  }
}

/** An expression that gives nothing leaves its field out. */
const withoutNulls = (params: object): object =>
  Object.fromEntries(Object.entries(params).filter(([, value]) => value !== null));

import { Injectable } from '@nestjs/common';
import type { ClientId } from '../../../platform/database/index.js';
import { type InputFault, InvalidInput, Unavailable } from '../../../platform/errors/index.js';
import { MASK, SecretBox, type SealedSecret } from '../../../platform/security/index.js';
import type { ActionRule } from './action.js';

type Headers = Readonly<Record<string, unknown>>;
/** What headers of `forward` say, by the action's id and the header's name. */
export type SaidHeaders = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Whose rules they are: a source, or an event that has its own copy. */
export interface RuleOwner {
  readonly clientId: ClientId;
  readonly id: string;
}

export interface Hidden {
  /** With a mask in place of what headers say. */
  readonly rules: ActionRule[];
  readonly said: SaidHeaders;
}

const NOTHING: SaidHeaders = {};

/**
 * Headers of `forward` are how other systems are logged in to: what they say is sealed where rules are stored, masked where they
 * are shown, and put back for the call. What an expression makes of an event is the event's own.
 */
@Injectable()
export class ForwardHeaders {
  constructor(private readonly secrets: SecretBox) {}

  /** @param before what a value that was sent back masked stands for @throws InvalidInput */
  hide(rules: readonly ActionRule[], before: SaidHeaders = NOTHING): Hidden {
    const faults: InputFault[] = [];
    const said: Record<string, Record<string, string>> = {};
    const hidden = rules.map((rule, n) => {
      const texts = textsOf(rule);
      if (texts.length === 0) return rule;
      const kept = (name: string): string | undefined => before[rule.id]?.[name];
      const values = texts.map(([name, value]) => [name, value === MASK ? kept(name) : value] as const);
      for (const [name, value] of values) if (value === undefined) faults.push(nothingToKeep(n, name));
      said[rule.id] = Object.fromEntries(values.map(([name, value = '']) => [name, value]));
      return withHeaders(rule, Object.fromEntries(texts.map(([name]) => [name, MASK])));
    });
    if (faults.length > 0) throw new InvalidInput(faults);
    return { rules: hidden, said };
  }

  /** Null when there is nothing to seal. */
  seal(owner: RuleOwner, said: SaidHeaders): SealedSecret | null {
    if (Object.keys(said).length === 0) return null;
    return this.secrets.seal(JSON.stringify(said), boundToRules(owner));
  }

  /** @throws Unavailable when the key that sealed them is gone */
  open(owner: RuleOwner, sealed: SealedSecret | null): SaidHeaders {
    if (sealed === null) return NOTHING;
    try {
      return JSON.parse(this.secrets.open(sealed, boundToRules(owner))) as SaidHeaders;
    } catch {
      throw new Unavailable('The headers of these rules cannot be opened with the current SECRET_KEY.');
    }
  }

  /** Params as they are meant. @throws Unavailable */
  revealed(owner: RuleOwner, sealed: SealedSecret | null, { id, type }: ActionRule, params: object): object {
    const { headers } = params as { readonly headers?: Headers };
    if (type !== 'forward' || sealed === null || headers === undefined) return params;
    const said = this.open(owner, sealed)[id] ?? {};
    const shown = Object.entries(headers).map(([name, value]) => [name, value === MASK ? said[name] : value] as const);
    return { ...params, headers: Object.fromEntries(shown.filter(([, value]) => value !== undefined)) };
  }
}

export const boundToRules = ({ clientId, id }: RuleOwner): string => `forward|${clientId}|${id}`;

function textsOf({ type, params: { headers } }: ActionRule): [string, string][] {
  if (type !== 'forward' || typeof headers !== 'object' || headers === null || Object.hasOwn(headers, '$')) return [];
  return Object.entries(headers).flatMap(([name, value]: [string, unknown]) =>
    typeof value === 'string' ? [[name, value] as [string, string]] : [],
  );
}

const withHeaders = (rule: ActionRule, masked: Headers): ActionRule => ({
  ...rule,
  params: { ...rule.params, headers: { ...(rule.params.headers as Headers), ...masked } },
});

const nothingToKeep = (n: number, name: string): InputFault => ({
  pointer: `/actions/${n}/params/headers/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
  code: 'masked',
  message: 'no value is kept for this header: it must be given',
});

import { type InputFault, InvalidInput } from '../../../platform/errors/index.js';
import { JsonObject, OneOf, Text, unstorable, validated } from '../../../platform/http/index.js';
import { EXPRESSION_MAX_LENGTH } from '../../../platform/expressions/index.js';
import { ACTION_TYPES, type ActionRule, type ActionType } from './action.js';
import { faultsBeside, faultsOfExpression, type Place, placesIn, pointerInto } from './expression-places.rules.js';
import { PARAMS } from './params.js';

export const ACTIONS_MAX = 20;
const ACTIONS_MAX_BYTES = 65_536;
const EXPRESSIONS_MAX = 200;
/** What an expression can name without quotes. */
const ID = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;

/** One action, but for what its params are. */
export class ActionFields {
  @OneOf(ACTION_TYPES, { example: 'createRoom' })
  readonly type: ActionType;
  @Text({
    max: 64,
    pattern: ID,
    optional: true,
    example: 'room',
    description: 'By which later actions name its result, as `steps.room`; the type when absent',
  })
  readonly id?: string;
  @Text({
    min: 1,
    max: EXPRESSION_MAX_LENGTH,
    optional: true,
    example: 'payload.total > `100`',
    description: 'JMESPath; the action is skipped when it gives nothing, false or something empty',
  })
  readonly when?: string;
  @JsonObject({
    maxBytes: ACTIONS_MAX_BYTES,
    example: { type: 'support', name: { $: "join(' ', ['Order', payload.id])" }, createdBy: 'shop' },
    description:
      'As the body of `POST /rooms`, `/messages`, `/notifications/send`; `createdBy` and `senderId` name who acts. `forward` has `url`, `method`, `headers`, `body`',
  })
  readonly params: Record<string, unknown>;
}

/** @throws InvalidInput naming every fault by its pointer, below `/actions` */
export function checkedRules(actions: unknown): ActionRule[] {
  const at = '/actions';
  if (!Array.isArray(actions)) throw InvalidInput.at(at, 'is_array', 'actions must be a list');
  const items: readonly unknown[] = actions;
  if (items.length > ACTIONS_MAX)
    throw InvalidInput.at(at, 'array_max_size', `there are at most ${ACTIONS_MAX} actions`);
  const odd = unstorable(items, at, 0);
  if (odd) throw InvalidInput.at(odd.pointer, odd.code, odd.message);
  if (Buffer.byteLength(JSON.stringify(items)) > ACTIONS_MAX_BYTES)
    throw InvalidInput.at(at, 'max_bytes', `all actions together have at most ${ACTIONS_MAX_BYTES} bytes of JSON`);
  const rules = new Map<string, ActionRule>();
  const faults = items.flatMap((item, n) => faultsOfItem(item, `${at}/${n}`, rules));
  if (faults.length > 0) throw new InvalidInput(faults);
  return [...rules.values()];
}

/** @param rules those before, to which it is added */
function faultsOfItem(item: unknown, at: string, rules: Map<string, ActionRule>): InputFault[] {
  const earlier = new Set(rules.keys());
  const read = faultsOf(() => validated(ActionFields, item), at);
  if (Array.isArray(read)) return read;
  const { type, id = type, when, params } = read;
  const faults = [
    ...(earlier.has(id)
      ? [{ pointer: `${at}/id`, code: 'duplicate', message: `an action before has the id ${id}` }]
      : []),
    ...(when === undefined ? [] : faultsOfExpression(when, `${at}/when`, earlier)),
    ...faultsOfParams(type, params, `${at}/params`, earlier),
  ];
  rules.set(id, { id, type, ...(when !== undefined && { when }), params });
  return faults;
}

function faultsOfParams(type: ActionType, given: object, at: string, earlier: ReadonlySet<string>): InputFault[] {
  const params = type === 'sendNotification' ? withRecipients(given) : given;
  const { places, faults } = placesIn(params, at);
  if (places.length > EXPRESSIONS_MAX)
    return [{ pointer: at, code: 'max_expressions', message: `there are at most ${EXPRESSIONS_MAX} expressions` }];
  const checked = faultsOf(() => validated(PARAMS[type], params), at, params);
  return [
    ...faults,
    ...places.flatMap(({ expression, pointer }) => faultsOfExpression(expression, pointer, earlier)),
    ...faultsBeside(Array.isArray(checked) ? checked : [], places),
    ...(type === 'sendMessage' ? faultsOfMessage(params, at, places) : []),
  ];
}

/** One recipient stands for a list of one: faults name its place there. */
function withRecipients(params: object): object {
  const { to } = params as { readonly to?: unknown };
  const isOne = typeof to === 'object' && to !== null && !Array.isArray(to) && !('$' in to);
  return isOne ? { ...params, to: [to] } : params;
}

/** What one field of a message by itself does not show. */
function faultsOfMessage(params: object, at: string, places: readonly Place[]): InputFault[] {
  if (places.some(({ pointer }) => pointer === at)) return [];
  const { content, attachments, senderId, type } = params as Readonly<Record<string, unknown>>;
  const missing = (name: string, message: string): InputFault[] => [
    { pointer: `${at}/${name}`, code: 'required', message },
  ];
  return [
    ...(content === undefined && attachments === undefined
      ? missing('content', 'content is required unless there are attachments')
      : []),
    ...(senderId === undefined && type !== 'system' && typeof type !== 'object'
      ? missing('senderId', 'senderId says whose message it is; a system message has none')
      : []),
  ];
}

function faultsOf<T extends object>(read: () => T, at: string, given?: unknown): T | InputFault[] {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return (error.details.errors ?? []).map((fault) => ({ ...fault, pointer: at + pointerInto(given, fault.pointer) }));
  }
}

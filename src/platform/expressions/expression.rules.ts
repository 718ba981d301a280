import { compile, isRegistered } from '@jmespath-community/jmespath';

export const EXPRESSION_MAX_LENGTH = 1_000;

/** What is wrong with a JMESPath expression as it is written, whatever it is evaluated on; null when nothing is. */
export function faultOfExpression(expression: string): string | null {
  if (expression.length > EXPRESSION_MAX_LENGTH) return `it is longer than ${EXPRESSION_MAX_LENGTH} characters`;
  try {
    const unknown = functionsIn(compile(expression)).find((name) => !isRegistered(name));
    return unknown === undefined ? null : `there is no function ${unknown}()`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The parser takes any name for a function's. */
function functionsIn(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(functionsIn);
  if (typeof node !== 'object' || node === null) return [];
  const { type, name } = node as { type?: unknown; name?: unknown };
  const own = type === 'Function' && typeof name === 'string' ? [name] : [];
  return [...own, ...Object.values(node).flatMap(functionsIn)];
}

/** A name that an expression reads of its input, with the name that it reads of that, where it says one. */
export type NameRead = readonly [name: string, next?: string];

type Node = Readonly<Record<string, unknown>>;

/**
 * The names that an expression reads of the input itself: of `payload.items[?id == $.event.id]` these are `payload` with
 * `items`, and `event` with `id`. @throws Error for what is no expression
 */
export const namesReadBy = (expression: string): NameRead[] => readIn(compile(expression), true);

/** @param isInput whether the node is evaluated on the input itself, not on a part of it */
function readIn(node: unknown, isInput: boolean): NameRead[] {
  if (Array.isArray(node)) return node.flatMap((one) => readIn(one, isInput));
  if (!isNode(node)) return [];
  const { type, left, right, condition, child } = node;
  switch (type) {
    case 'Field':
      return isInput ? [[String(node.name)]] : [];
    case 'Literal':
      return [];
    case 'ExpressionReference':
      return readIn(child, false);
    case 'Subexpression':
    case 'Pipe': {
      const name = nameIn(left, isInput);
      const next = isNode(right) && right.type === 'Field' && type === 'Subexpression' ? String(right.name) : undefined;
      if (name !== undefined && next !== undefined) return [[name, next]];
      return [...readIn(left, isInput), ...readIn(right, isWhole(left, isInput))];
    }
    case 'Projection':
    case 'ValueProjection':
    case 'FilterProjection':
      return [...readIn(left, isInput), ...readIn([right, condition], false)];
    default:
      return readIn(Object.values(node), isInput);
  }
}

const isNode = (node: unknown): node is Node => typeof node === 'object' && node !== null;

const isWhole = (node: unknown, isInput: boolean): boolean =>
  isNode(node) && (node.type === 'Root' || (isInput && (node.type === 'Current' || node.type === 'Identity')));

/** The name of the input's that the node is, if it is no more than that. */
function nameIn(node: unknown, isInput: boolean): string | undefined {
  if (!isNode(node)) return undefined;
  const { type, left, right } = node;
  if (type === 'Field') return isInput ? String(node.name) : undefined;
  return type === 'Subexpression' && isWhole(left, isInput) ? nameIn(right, true) : undefined;
}

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

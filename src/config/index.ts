export * from './env.js';

/** The injection token of {@link ResolvedEnv}. */
export const ENV = Symbol.for('chatapi.env');

/** The newest of a ring of secrets: the one that encrypts. */
export function firstOf<T>(ring: readonly T[]): T {
  const [first] = ring;
  if (first === undefined) throw new Error('A ring of secrets is empty.');
  return first;
}
export { VERSION } from './version.js';

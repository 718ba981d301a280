export * from './env.js';

/** The injection token of {@link ResolvedEnv}. */
export const ENV = Symbol.for('chatapi.env');

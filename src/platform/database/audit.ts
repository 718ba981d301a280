import type { Statement } from './statement.js';

/** What was promised, and where it stands: `accepted = terminal + pending`. */
export interface Balance {
  readonly what: string;
  readonly accepted: number;
  readonly terminal: number;
  readonly pending: number;
}

/** A rule that a recount proves. */
export interface Rule {
  /** What is wrong with the rows that it finds. */
  readonly broken: string;
  /** Gives the `id` of each row that breaks it. */
  readonly find: Statement;
}

/** What a part of the house can say of its promises by counting its rows. */
export interface Audit {
  /** Gives a {@link Balance} a row. */
  readonly balances: readonly Statement[];
  readonly rules: readonly Rule[];
}

import type { Statement } from '../database/index.js';
import type { SealedSecret } from './secret-box.js';

/** A row with something sealed; its other fields are its key. */
export interface SealedRow extends Readonly<Record<string, unknown>> {
  readonly sealed: SealedSecret;
}

/** Where a part of the house keeps what a {@link SecretBox} sealed, so that it can be wrapped anew. */
export interface SealedRows {
  readonly what: string;
  /** How many there are under each key: `kid`, `count`. */
  readonly count: Statement;
  /**
   * The next `$3` rows, in the order of their keys and after the one of `$4` (the JSON of a row; null at first), that are
   * under one of the keys `$2` but not under `$1`; locked.
   */
  readonly lock: Statement;
  /** Writes `sealed` of the rows in the JSON `$1`. */
  readonly write: Statement;
  /** What it was bound to. */
  boundTo(row: SealedRow): string;
}

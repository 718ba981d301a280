import { type Statement, statement } from '../database/index.js';
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

/** A table that keeps it in a column of its own. */
export interface SealedColumn {
  readonly what: string;
  readonly table: string;
  readonly column: string;
  /** The uuids that are its primary key, as the table and as rows name them, in their order. */
  readonly key: Readonly<Record<string, string>>;
  readonly boundTo: (row: SealedRow) => string;
}

export function sealedColumn({ what, table, column, key, boundTo }: SealedColumn): SealedRows {
  const names = Object.entries(key);
  const columns = names.map(([name]) => name).join(', ');
  const after = names.map(([, field]) => `($4::json->>'${field}')::uuid`).join(', ');
  return {
    what,
    boundTo,
    count: statement(
      `${table}.sealed`,
      `SELECT ${column}->>'kid' AS kid, count(*)::integer AS count FROM ${table} WHERE ${column} IS NOT NULL GROUP BY 1`,
    ),
    lock: statement(
      `${table}.sealed_lock`,
      `SELECT ${names.map(([name, field]) => `${name} AS "${field}"`).join(', ')}, ${column} AS sealed FROM ${table}
        WHERE ($4::json IS NULL OR (${columns}) > (${after})) AND ${column}->>'kid' <> $1 AND ${column}->>'kid' = ANY ($2::varchar[])
        ORDER BY ${columns} LIMIT $3 FOR NO KEY UPDATE`,
    ),
    write: statement(
      `${table}.sealed_write`,
      `UPDATE ${table} t SET ${column} = w.sealed FROM json_to_recordset($1) AS w (${names.map(([, field]) => `"${field}" uuid`).join(', ')}, sealed jsonb)
        WHERE ${names.map(([name, field]) => `t.${name} = w."${field}"`).join(' AND ')}`,
    ),
  };
}

/** Of all parts of the house: who shows the state of the key ring injects it. */
export const SEALED_ROWS = Symbol('everything sealed');

import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { isUuid } from '../database/index.js';
import { InvalidInput } from '../errors/index.js';

export const DEFAULT_LIMIT = 50;

/** `?limit=1..100&cursor=` of every list. */
export class PageQuery {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 100, default: DEFAULT_LIMIT, example: 20 })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(100)
  readonly limit: number = DEFAULT_LIMIT;

  @ApiPropertyOptional({ description: '`nextCursor` of the page before', example: 'WyIwMTkyZjBjNCJd' })
  @IsOptional()
  @IsString()
  @MaxLength(1_000)
  readonly cursor?: string;
}

export interface Page<T> {
  readonly data: T[];
  readonly nextCursor: string | null;
}

/** A place in a sorted list: the sort values of the last row seen. */
export type CursorValues = readonly (string | number | null)[];

export const encodeCursor = (values: CursorValues): string => Buffer.from(JSON.stringify(values)).toString('base64url');

const brokenCursor = (): InvalidInput =>
  InvalidInput.at('/cursor', 'broken_cursor', 'cursor is not one that this list gave out');

/**
 * The values of a cursor, checked one by one.
 * @throws InvalidInput when it is not a cursor of this list
 */
export function decodeCursor(cursor: string, checks: readonly ((value: unknown) => boolean)[]): CursorValues {
  let values: unknown;
  try {
    values = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    throw brokenCursor();
  }
  if (!Array.isArray(values) || values.length !== checks.length || !checks.every((fits, at) => fits(values[at])))
    throw brokenCursor();
  return values as CursorValues;
}

export const isText = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= 500 && !value.includes('\0');
export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
export const isTime = (value: unknown): value is string =>
  typeof value === 'string' && value.length < 40 && !Number.isNaN(Date.parse(value));

/** Of a list in the order of its ids: the last one seen; null for the first page. @throws InvalidInput */
export const idOf = (cursor: string | undefined): string | null =>
  cursor === undefined ? null : String(decodeCursor(cursor, [isUuid])[0]);

/** A page out of one row more than asked for: the extra row says that there is a next page. */
export function pageOf<Row, View>(
  rows: readonly Row[],
  limit: number,
  view: (row: Row) => View,
  cursorOf: (row: Row) => CursorValues,
): Page<View> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    data: shown.map(view),
    nextCursor: rows.length > limit && last !== undefined ? encodeCursor(cursorOf(last)) : null,
  };
}

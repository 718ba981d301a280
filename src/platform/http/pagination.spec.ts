import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { InvalidInput } from '../errors/index.js';
import { decodeCursor, encodeCursor, isCount, isText, isTime, pageOf } from './pagination.js';

const checks = [isTime, isText];

describe('a cursor', () => {
  it('says where the page before ended, whatever is in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), fc.maxSafeNat(), (text, count) => {
        fc.pre(isText(text));
        const cursor = encodeCursor([text, count]);

        expect(cursor).toMatch(/^[\w-]+$/);
        expect(decodeCursor(cursor, [isText, isCount])).toEqual([text, count]);
      }),
    );
  });

  it.each([
    ...['', 'x', 'null', '%%%', 'e30', encodeCursor([]), encodeCursor(['2026-01-01T00:00:00.000Z'])],
    ...[encodeCursor(['2026-01-01T00:00:00.000Z', 'a', 'b']), encodeCursor(['never', 'a']), encodeCursor([null, 'a'])],
    ...[encodeCursor(['2026-01-01T00:00:00.000Z', 7]), encodeCursor(['2026-01-01T00:00:00.000Z', 'a\0b'])],
    ...[encodeCursor(['2026-01-01T00:00:00.000Z', 'x'.repeat(501)])],
  ])('is refused when it is none of this list: %s', (cursor) => {
    expect(() => decodeCursor(cursor, checks)).toThrow(InvalidInput);
  });

  it('is refused with a pointer, however it is broken', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (cursor) => {
        try {
          decodeCursor(cursor, [isCount]);
        } catch (error) {
          expect(error).toMatchObject({ details: { errors: [{ pointer: '/cursor', code: 'broken_cursor' }] } });
        }
      }),
    );
  });
});

describe('a page', () => {
  const view = (n: number) => `${n}`;
  const cursorOf = (n: number) => [n];

  it('has a next one when there was a row too many', () => {
    expect(pageOf([1, 2, 3], 2, view, cursorOf)).toEqual({ data: ['1', '2'], nextCursor: encodeCursor([2]) });
    expect(pageOf([1, 2], 2, view, cursorOf)).toEqual({ data: ['1', '2'], nextCursor: null });
    expect(pageOf([], 2, view, cursorOf)).toEqual({ data: [], nextCursor: null });
  });
});

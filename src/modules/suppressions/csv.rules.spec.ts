import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { csvLine, csvLines } from './csv.rules.js';

const read = (text: string) => [...csvLines(text)].map(({ line, cells }) => [line, cells]);

describe('lines of CSV', () => {
  it.each<[string, string, (readonly [number, readonly string[] | null])[]]>([
    [
      'plain',
      'a,b\nc,d',
      [
        [1, ['a', 'b']],
        [2, ['c', 'd']],
      ],
    ],
    [
      'a byte order mark, CRLF and an end',
      '\uFEFFa,b\r\nc,d\r\n',
      [
        [1, ['a', 'b']],
        [2, ['c', 'd']],
      ],
    ],
    [
      'CR alone',
      'a\rb',
      [
        [1, ['a']],
        [2, ['b']],
      ],
    ],
    [
      'empty lines and cells',
      '\n\na,\n\n,b',
      [
        [3, ['a', '']],
        [5, ['', 'b']],
      ],
    ],
    [
      'quotes',
      '"a,""b""","c"\nd',
      [
        [1, ['a,"b"', 'c']],
        [2, ['d']],
      ],
    ],
    [
      'a break within quotes',
      '"a\nb",c\nd',
      [
        [1, ['a\nb', 'c']],
        [3, ['d']],
      ],
    ],
    [
      'a quote that is never closed',
      'a\n"b,c\nd',
      [
        [1, ['a']],
        [2, null],
      ],
    ],
    ['more after a quote', '"a"b,c', [[1, ['ab', 'c']]]],
    ['nothing', '', []],
  ])('%s', (_what, text, lines) => {
    expect(read(text)).toEqual(lines);
  });

  it('are no formulas for a spreadsheet', () => {
    for (const cell of ['=1+1', '+4915112345678', '-1', '@SUM(A1)', '\t=1', '\r=1'])
      expect(csvLine([cell])).toMatch(/^"?'/);
    expect(csvLine(['a@example.com'])).toBe('a@example.com\r\n');
  });

  it('say again what was written', () => {
    const cell = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...`=+-@'",\r\n\ta`) }));
    const row = fc.array(cell, { minLength: 2, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 4 }), (rows) => {
        const text = rows.map(csvLine).join('');
        // A mark of byte order may only be the first sign of a whole text.
        fc.pre(!text.startsWith('\uFEFF'));
        expect([...csvLines(text)].map(({ cells }) => cells)).toEqual(rows);
      }),
    );
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { foldedOf, highlightOf, searchQuery, wordsOf, wordsVector } from './search.rules.js';

const ROOM = { clientId: 'c', id: 'r' };
const words = (text: string): string[] => wordsOf(text).map(({ word }) => word);

describe('the words of a text', () => {
  it.each([
    ['upper case', 'WHERE is It', ['where', 'is', 'it']],
    ['accents, composed or not', 'Zürich Zu\u0308rich', ['zurich', 'zurich']],
    ['punctuation and markup', 'e-mail: <b>a_b</b>, o’clock!', ['e', 'mail', 'b', 'a', 'b', 'b', 'o', 'clock']],
    ['digits', 'order 4711', ['order', '4711']],
    ['Cyrillic and Greek', 'Привет Ἀθῆναι', ['привет', 'αθηναι']],
    ['Arabic vowel signs', 'كِتَاب', ['كتاب']],
    ['Hindi, whose marks are letters', 'हिन्दी में', ['हिन्दी', 'में']],
    ['nothing but signs', '🎉 … ?!', []],
  ])('are found in %s', (_name, text, expected) => {
    expect(words(text)).toEqual(expected);
  });

  it.each(['我想买手机', 'ฉันรักเธอ', '東京で会いましょう'])('are found where no spaces are written: %s', (text) => {
    expect(words(text).length).toBeGreaterThan(1);
    expect(words(text).join('')).toBe(text.normalize('NFKD'));
  });

  it('stand where they say', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        for (const { word, at, length } of wordsOf(text)) expect(foldedOf(text.slice(at, at + length))).toBe(word);
      }),
    );
  });
});

describe('what PostgreSQL is given', () => {
  it('quotes whatever a caller writes', () => {
    expect(wordsVector("O'Neil's", ROOM)).toBe("'o' 'neil' 's' '#r' '@c'");
    expect(searchQuery("x' | 'y", 'c', null)).toBe("'x' & 'y' & '@c'");
  });

  it('takes a last word of three characters for the beginning of one', () => {
    expect(searchQuery('te', 'c', null)).toBe("'te' & '@c'");
    expect(searchQuery('tea', 'c', null)).toBe("'tea':* & '@c'");
  });

  it('looks in the given rooms only', () => {
    expect(searchQuery('tea pot', 'c', ['r', 's'])).toBe("'tea' & 'pot':* & ('#r' | '#s')");
  });

  it.each([
    ['no word', '!?', null],
    ['no room', 'tea', []],
  ])('is nothing for %s', (_name, text, rooms) => {
    expect(searchQuery(text, 'c', rooms)).toBeNull();
  });
});

describe('a highlight', () => {
  it('marks every word that was looked for, the last one by its beginning', () => {
    expect(highlightOf('A café, two cafés', 'CAFE')).toBe('A <mark>café</mark>, two <mark>cafés</mark>');
  });

  it('is HTML that is safe to show', () => {
    const html = highlightOf('<img src=x onerror=alert(1)> & "parcel"', 'img parcel');
    expect(html).toBe('&lt;<mark>img</mark> src=x onerror=alert(1)&gt; &amp; &quot;<mark>parcel</mark>&quot;');
  });

  it('is the part around the first hit', () => {
    const html = highlightOf(`${'a '.repeat(200)}needle${' b'.repeat(200)}`, 'needle');
    expect(html.startsWith('…')).toBe(true);
    expect(html.endsWith('…')).toBe(true);
    expect(html).toContain('<mark>needle</mark>');
    expect(html.length).toBeLessThan(200);
  });

  it('escapes whatever it is given', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (content, query) => {
        expect(highlightOf(content, query).replaceAll(/<\/?mark>/g, '')).not.toMatch(/[<>"']/);
      }),
    );
  });
});

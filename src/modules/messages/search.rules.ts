/** A word longer than this is searched by its beginning. */
const WORD_MAX = 64;
/** Beyond what a message or a query can hold sensibly. */
const WORDS_MAX = 4_000;
/** A shorter word is searched whole: half of all messages begin a word with a given letter. */
const BEGINNING_MIN = 3;
/** A letter and its accent may be two characters: composed they are one. */
const WORD = /(?:[\p{L}\p{N}]\p{M}*)+/gu;
/** Accents of European scripts, vowel points of Hebrew and Arabic. Elsewhere marks are letters: Thai without them is gibberish. */
const ACCENTS = /[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670]+/g;
const ASCII = /^[\u0000-\u007f]*$/;
/** Scripts that write no spaces between words: their texts are cut by dictionary. */
const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;
const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' });

/** A word of a text, as it is searched, and where it stands in the text. */
export interface Word {
  readonly word: string;
  readonly at: number;
  readonly length: number;
}

/** Whatever the language: lower case, no accents, so that "Café" is found by "cafe". */
export function foldedOf(text: string): string {
  const lower = text.toLowerCase();
  return (ASCII.test(lower) ? lower : lower.normalize('NFKD').replace(ACCENTS, '')).slice(0, WORD_MAX);
}

export function wordsOf(text: string): Word[] {
  const words: Word[] = [];
  for (const { segment, index } of segmentsOf(text)) {
    const word = foldedOf(segment);
    if (word !== '') words.push({ word, at: index, length: segment.length });
    if (words.length === WORDS_MAX) break;
  }
  return words;
}

function* segmentsOf(text: string): Iterable<{ segment: string; index: number }> {
  for (const { 0: run, index } of text.matchAll(WORD)) {
    if (!UNSPACED.test(run)) yield { segment: run, index };
    else
      for (const { segment, index: within, isWordLike } of segmenter.segment(run))
        if (isWordLike) yield { segment, index: index + within };
  }
}

/** Where a message stands: part of what is searched, so that the index finds a room's messages among all. */
export interface SearchPlace {
  readonly clientId: string;
  readonly id: string;
}

const lexeme = (word: string): string => `'${word.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
const roomLexeme = (roomId: string): string => lexeme(`#${roomId}`);
const clientLexeme = (clientId: string): string => lexeme(`@${clientId}`);

/** The words of a content, as the text of a PostgreSQL `tsvector`. */
export function wordsVector(content: string | null, room: SearchPlace): string {
  const words = new Set(wordsOf(content ?? '').map(({ word }) => word));
  return [...[...words].map(lexeme), roomLexeme(room.id), clientLexeme(room.clientId)].join(' ');
}

/**
 * Every word of a query, the last one by its beginning when it has three characters, in some of the rooms or all of the client.
 * @returns the text of a PostgreSQL `tsquery`; null when there is nothing to look for, or nowhere
 */
export function searchQuery(text: string, clientId: string, roomIds: readonly string[] | null): string | null {
  const words = wordsOf(text).map(({ word }) => word);
  const last = words.pop();
  if (last === undefined || roomIds?.length === 0) return null;
  const where = roomIds === null ? clientLexeme(clientId) : `(${roomIds.map(roomLexeme).join(' | ')})`;
  return [...words.map(lexeme), isBeginning(last) ? `${lexeme(last)}:*` : lexeme(last), where].join(' & ');
}

const isBeginning = (last: string): boolean => [...last].length >= BEGINNING_MIN;

const SNIPPET = 160;
const LEAD = 40;
const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);

/** The part of a content around the first hit, as HTML that is safe to show: all escaped, hits in `<mark>`. */
export function highlightOf(content: string, query: string): string {
  const wanted = wordsOf(query).map(({ word }) => word);
  const last = wanted.at(-1) ?? '';
  const hits = wordsOf(content).filter(
    ({ word }) => wanted.includes(word) || (isBeginning(last) && word.startsWith(last)),
  );
  const from = Math.max(0, (hits[0]?.at ?? 0) - LEAD);
  const to = Math.min(content.length, from + SNIPPET);
  let html = from > 0 ? '…' : '';
  let done = from;
  for (const { at, length } of hits) {
    if (at + length > to) break;
    html += `${escaped(content.slice(done, at))}<mark>${escaped(content.slice(at, at + length))}</mark>`;
    done = at + length;
  }
  return `${html}${escaped(content.slice(done, to))}${to < content.length ? '…' : ''}`;
}

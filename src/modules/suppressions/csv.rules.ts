/** A line of a CSV text: where it begins, as an editor counts, and its cells; null where a quote is never closed. */
export interface CsvLine {
  readonly line: number;
  readonly cells: readonly string[] | null;
}

/** A spreadsheet takes a cell that begins so for a formula: https://owasp.org/www-community/attacks/CSV_Injection */
const FORMULA = /^'*[=+\-@\t\r]/;
const DEFUSED = /^'(?='*[=+\-@\t\r])/;
const NEEDS_QUOTES = /[",\r\n]/;

/** RFC 4180, with LF, CRLF or CR between lines; empty lines are none. What was defused on the way out is as it was. */
export function* csvLines(text: string): Generator<CsvLine> {
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  for (let line = 1; at < text.length;) {
    const read = readLine(text, at);
    const isEmpty = read.cells?.length === 1 && read.cells[0] === '';
    if (!isEmpty) yield { line, cells: read.cells?.map((cell) => cell.replace(DEFUSED, '')) ?? null };
    line += breaksIn(text.slice(at, read.end));
    at = read.end;
  }
}

const breaksIn = (text: string): number => text.match(/\r\n|\r|\n/g)?.length ?? 0;

function readLine(text: string, start: number): { cells: string[] | null; end: number } {
  const cells: string[] = [];
  for (let at = start; ;) {
    const cell = text[at] === '"' ? quoted(text, at + 1) : bare(text, at);
    if (cell === null) return { cells: null, end: text.length };
    cells.push(cell.value);
    if (text[cell.end] !== ',') return { cells, end: afterBreak(text, cell.end) };
    at = cell.end + 1;
  }
}

function afterBreak(text: string, at: number): number {
  return at + (text.startsWith('\r\n', at) ? 2 : 1);
}

function bare(text: string, start: number): { value: string; end: number } {
  let end = start;
  while (end < text.length && !',\r\n'.includes(text[end] ?? '')) end++;
  return { value: text.slice(start, end), end };
}

/** Up to its closing quote; what stands between that and the next comma belongs to it. */
function quoted(text: string, start: number): { value: string; end: number } | null {
  let value = '';
  for (let at = start; ;) {
    const quote = text.indexOf('"', at);
    if (quote === -1) return null;
    value += text.slice(at, quote);
    if (text[quote + 1] !== '"') {
      const rest = bare(text, quote + 1);
      return { value: value + rest.value, end: rest.end };
    }
    value += '"';
    at = quote + 2;
  }
}

/** A line for whatever opens it, a spreadsheet too. */
export const csvLine = (cells: readonly string[]): string => `${cells.map(cellOf).join(',')}\r\n`;

function cellOf(text: string): string {
  const defused = FORMULA.test(text) ? `'${text}` : text;
  return NEEDS_QUOTES.test(defused) ? `"${defused.replaceAll('"', '""')}"` : defused;
}

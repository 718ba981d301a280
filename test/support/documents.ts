import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A fenced block that a reader would run. */
export interface Block {
  readonly page: string;
  readonly line: number;
  readonly language: 'sh' | 'js';
  readonly text: string;
  /** Files that run it, when it cannot be run with the rest of its page. */
  readonly runBy: readonly string[];
  /** Why it is not run at all. */
  readonly notRun: string | null;
  /** The status of each call, as the comment above it says: `# Create a room: 201`. */
  readonly statuses: readonly number[];
}

const FENCE = /(?:^<!-- (.+?) -->\n+)?^```(sh|bash|js)\n([\s\S]*?)^```$/gm;

/** Every page for people, from the root of the repository. */
export function pages(): string[] {
  const below = (folder: string): string[] =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
  return [...readdirSync('.'), ...below('docs'), ...below('examples')].filter((name) => name.endsWith('.md')).sort();
}

/** What a page tells its reader to run, in order. */
export function blocksOf(page: string): Block[] {
  const source = readFileSync(page, 'utf8');
  return [...source.matchAll(FENCE)].map(({ 0: whole, 1: mark = '', 2: language, 3: text = '', index }) => ({
    page,
    line: source.slice(0, index + whole.indexOf('```')).split('\n').length,
    language: language === 'js' ? 'js' : 'sh',
    text,
    runBy: /^run by (.+)$/.exec(mark)?.[1]?.split(' and ') ?? [],
    notRun: /^not run: (.+)$/.exec(mark)?.[1] ?? null,
    statuses: [...text.matchAll(/^# .*: ([1-5]\d\d)\b/gm)].map(([, status]) => Number(status)),
  }));
}

/** What installs or tests cannot be run by a test. */
const HEAVY = /\bnpm (ci|install|test|run (test|build|bench))\b|[.]ci\/run|\bdocker\b/;

/** Whether the block can be run with its page against a quickstart. */
export const isRunHere = ({ runBy, notRun, text }: Block): boolean =>
  runBy.length === 0 && notRun === null && !HEAVY.test(text);

/** A block's commands, one a line, without comments and settings. */
export const commandsOf = ({ text }: Block): string[] =>
  text
    .split(/\n|&&/)
    .map((line) => line.replace(/#.*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('export '));

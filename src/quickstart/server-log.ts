import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';

/** What a server last complained of, read from where this run's part of the log begins. */
export function lastWords(logFile: string, from: number): string {
  const lines = textFrom(logFile, from)
    .split('\n')
    .filter((line) => line.trim() !== '');
  const complaint =
    lines.findLast((line) => /\b(FATAL|PANIC|error):| # /i.test(line)) ?? lines.at(-1) ?? 'it said nothing';
  return complaint.replace(/^.*?(FATAL: |PANIC: |error: | # )\s*/i, '').trim();
}

export function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function textFrom(file: string, from: number): string {
  const handle = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(Math.max(0, fstatSync(handle).size - from));
    readSync(handle, bytes, 0, bytes.length, from);
    return bytes.toString('utf8');
  } finally {
    closeSync(handle);
  }
}

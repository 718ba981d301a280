import { cpus, totalmem } from 'node:os';
import type { Outcome } from './attack.js';
import type { Seen } from './probe.js';

export interface Reported extends Outcome {
  readonly name: string;
  readonly seen: Seen;
}

const COLUMNS = ['attack', 'what was sent', 'what came of it', 'probe p50', 'p99', 'max', 'faults'];
const GIGABYTE = 1024 ** 3;
const FAULTS_SHOWN = 20;

const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;

/** As Markdown, for docs/security.md. */
export function table(reported: readonly Reported[]): string {
  const rows = reported.map(({ name, sent, came, seen, faults }) => [
    ...[name, sent, came, ms(seen.p50), ms(seen.p99), ms(seen.max)],
    String(faults.length),
  ]);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(COLUMNS), line(COLUMNS.map(() => '---')), ...rows.map(line)].join('\n');
}

export function faultsIn(reported: readonly Reported[]): string {
  return reported
    .filter(({ faults }) => faults.length > 0)
    .map(
      ({ name, faults }) =>
        `${name}:\n${faults
          .slice(0, FAULTS_SHOWN)
          .map((fault) => `  - ${fault}`)
          .join('\n')}`,
    )
    .join('\n');
}

export const machine = (): string =>
  `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / GIGABYTE)} GB, Node.js ${process.version}`;

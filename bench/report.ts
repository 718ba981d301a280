import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { dirname } from 'node:path';
import type { Budget, Figure } from './row.js';

export type Mark = 'goal' | 'pass' | 'UNDER' | '–';

export interface Judged extends Figure {
  readonly row: string;
  readonly ratio: number | null;
  readonly mark: Mark;
}

export function judge(row: string, figure: Figure): Judged {
  const ratio = figure.baseline === undefined ? null : figure.service / figure.baseline;
  return { row, ...figure, ratio, mark: markOf(figure.budget, figure.service, ratio) };
}

function markOf(budget: Budget, service: number, ratio: number | null): Mark {
  if (budget === 'none') return '–';
  if ('under' in budget) return service < budget.under ? 'pass' : 'UNDER';
  if (ratio === null) return 'UNDER';
  if ('atMost' in budget) return ratio <= budget.atMost ? 'pass' : 'UNDER';
  return ratio >= budget.goal ? 'goal' : ratio >= budget.atLeast ? 'pass' : 'UNDER';
}

const COLUMNS = ['row', 'what', 'baseline', 'ChatAPI', 'unit', 'ratio', 'budget', 'mark'] as const;

export function table(judged: readonly Judged[]): string {
  const lines = judged.map((figure) => [
    figure.row,
    figure.what,
    figure.baseline === undefined ? '–' : number(figure.baseline),
    number(figure.service),
    figure.unit,
    figure.ratio === null ? '–' : `${figure.ratio.toFixed(2)} ×`,
    budgetText(figure.budget, figure.unit),
    figure.mark,
  ]);
  const rows = [[...COLUMNS], ...lines];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string => `| ${row.map((cell, n) => cell.padEnd(widths[n]!)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  const notes = judged.flatMap(({ row, what, note, baselineIs }) =>
    [baselineIs && `baseline: ${baselineIs}`, note].flatMap((text) => (text ? [`${row}, ${what}: ${text}`] : [])),
  );
  return [line(rows[0]!), rule, ...rows.slice(1).map(line), '', ...notes].join('\n');
}

function budgetText(budget: Budget, unit: string): string {
  if (budget === 'none') return '–';
  if ('under' in budget) return `< ${budget.under} ${unit}`;
  if ('atMost' in budget) return `≤ ${budget.atMost} ×`;
  return `≥ ${budget.atLeast} ×, goal ${budget.goal}`;
}

const number = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3).replace(/\.0+$/, '');

export async function writeJson(file: string, judged: readonly Judged[]): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const machine = { node: process.version, platform: process.platform, cpus: cpus().map(({ model }) => model) };
  const report = { at: new Date().toISOString(), machine, loadAverage: loadavg(), figures: judged };
  await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
}

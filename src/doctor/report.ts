import type { Finding, Level } from './finding.js';

const SIGNS: Readonly<Record<Level, string>> = { ok: '✓', warning: '!', failure: '✗' };
const WIDTH = 16;

const isSound = (findings: readonly Finding[]): boolean => findings.every(({ level }) => level !== 'failure');

/** For people: a line for each finding, with what to do below it. */
export function table(findings: readonly Finding[]): string {
  const lines = findings.map(
    ({ level, check, found, advice }) =>
      `${SIGNS[level]} ${check.padEnd(WIDTH)}${found}${advice === undefined ? '' : `\n  ${' '.repeat(WIDTH)}→ ${advice}`}`,
  );
  const count = (level: Level): number => findings.filter((finding) => finding.level === level).length;
  const [failures, warnings] = [count('failure'), count('warning')];
  return `${lines.join('\n')}\n\n${failures === 0 ? 'The service can work here' : `${failures} to put right`}${warnings > 0 ? `; ${warnings} to know of` : ''}.\n`;
}

export const json = (findings: readonly Finding[]): string =>
  `${JSON.stringify({ ok: isSound(findings), findings }, null, 2)}\n`;

export const exitCodeOf = (findings: readonly Finding[]): number => (isSound(findings) ? 0 : 1);

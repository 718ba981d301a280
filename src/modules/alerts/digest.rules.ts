import { ALERT_TYPES } from './alert.rules.js';

/** Alerts that are alike. */
export interface AlertGroup {
  readonly type: string;
  readonly label: string | null;
  readonly reason: string | null;
  readonly count: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
  /** The first few of what they are about. */
  readonly subjectIds: readonly string[];
}

/** All that one mail tells of. */
export interface Digest {
  readonly clientName: string;
  readonly total: number;
  /** There may be more than are listed. */
  readonly groupCount: number;
  readonly groups: readonly AlertGroup[];
}

/** What each type is in words; the first is of one. */
const WORDS: Readonly<Record<string, readonly [string, string]>> = {
  'provider.degraded': ['provider is at fault', 'providers were found at fault'],
  'provider.recovered': ['provider is well again', 'providers are well again'],
  'quota.exceeded': ['limit is spent', 'limits are spent'],
  'quota.warning': ['limit is nearly spent', 'limits are nearly spent'],
  'endpoint.disabled': ['webhook endpoint was switched off', 'webhook endpoints were switched off'],
  'notification.failed': ['notification failed', 'notifications failed'],
  'delivery.failed': ['delivery failed', 'deliveries failed'],
};
const NAME_MAX = 80;

/** The mail that lists them: what kind, how many, which, and why. */
export function mailOf({ clientName, total, groupCount, groups }: Digest): { subject: string; text: string } {
  const sorted = groups.toSorted((a, b) => rankOf(a) - rankOf(b) || b.count - a.count);
  const left = groupCount - groups.length;
  const more = left > 0 ? [`And ${left} more kinds of them.`] : [];
  return {
    subject: `${oneLine(clientName).slice(0, NAME_MAX)}: ${total} ${total === 1 ? 'alert' : 'alerts'}`,
    text: `${[...sorted.map(paragraphOf), ...more, END].join('\n\n')}\n`,
  };
}

const END =
  'The timeline of a notification says what was tried. You get this because this address is the client’s `alertEmail`.';

const rankOf = ({ type }: AlertGroup): number => ALERT_TYPES.findIndex((one) => one === type);

function paragraphOf({ type, label, reason, count, firstAt, lastAt, subjectIds }: AlertGroup): string {
  const [one, many] = WORDS[type] ?? [type, type];
  const named = [label, reason].flatMap((said) => (said ? [oneLine(said)] : [])).join(': ');
  const since = count === 1 ? `at ${minuteOf(firstAt)}` : `from ${minuteOf(firstAt)} to ${minuteOf(lastAt)}`;
  const left = count - subjectIds.length;
  const ids = subjectIds.length === 0 ? [] : [`  ${subjectIds.join(', ')}${left > 0 ? ` and ${left} more` : ''}`];
  const head = `${count} ${count === 1 ? one : many}${named && ` (${named})`}, ${since} [${type}]`;
  return [head, ...ids].join('\n');
}

const minuteOf = (at: Date): string => `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
const oneLine = (said: string): string => said.replaceAll(/\s+/g, ' ').trim();

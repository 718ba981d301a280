import type { Outcome } from '../extension/index.js';
import { must } from './check.js';

const KINDS = ['sent', 'delivered', 'rejected', 'failed', 'unknown'];
const REASONS = ['provider_rejected', 'invalid_recipient', 'hard_bounce', 'ssrf_blocked'];
const FAULTS = ['recipient', 'provider'];

/** Its types say the same; what is JSON from a vendor may be anything. */
export function mustBeOutcome(outcome: Outcome, of: string): void {
  const given = (outcome ?? {}) as unknown as Record<string, unknown>;
  const shown = `${of} gave ${JSON.stringify(outcome)}`;
  must(KINDS.includes(String(given.kind)), `${shown}, which is no outcome.`);
  if (given.kind === 'rejected') must(REASONS.includes(String(given.reason)), `${shown}, without one of the reasons.`);
  if (given.kind === 'failed')
    must(FAULTS.includes(String(given.fault)), `${shown}, which says not whose fault it is.`);
  for (const name of ['detail', 'reference'])
    must(['string', 'undefined'].includes(typeof given[name]), `${shown}, whose ${name} is no text.`);
  const wait = given.retryAfterSeconds;
  must(wait === undefined || (Number.isFinite(wait) && Number(wait) >= 0), `${shown}, whose wait is no time.`);
}

export const isTaken = ({ kind }: Outcome): boolean => kind === 'sent' || kind === 'delivered';

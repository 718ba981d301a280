import { DomainError } from '../../platform/errors/index.js';
import { channelOf, nameOf, type Quota } from './quotas.rules.js';

interface Met extends Quota {
  readonly used: number;
  readonly wanted: number;
  /** Seconds since 1970. */
  readonly resetsAt: number;
  readonly now: number;
}

/** A client's own limit has no room for it. What was asked for is taken as a whole or not at all. */
export class QuotaExceeded extends DomainError {
  constructor({ what, period, limit, used, wanted, resetsAt, now }: Met) {
    const channel = channelOf(what);
    const of = channel === null ? what : `deliveries by ${channel}`;
    super('rate_limited', 'quota_exceeded', sentence({ of, period, limit, used, wanted }), {
      retryAfterSeconds: Math.max(1, Math.ceil(resetsAt - now)),
      scope: channel === null ? 'client' : 'channel',
      members: { quota: nameOf(what), limit, window: period, resetsAt: new Date(resetsAt * 1_000).toISOString() },
    });
  }
}

function sentence({
  of,
  period,
  limit,
  used,
  wanted,
}: { readonly of: string } & Omit<Met, 'what' | 'resetsAt' | 'now'>) {
  if (wanted > limit) return `This takes ${wanted} ${of} at once; ${limit} are allowed in a whole ${period}.`;
  const left = Math.max(0, limit - used);
  return wanted === 1
    ? `The ${limit} ${of} of this ${period} are used up.`
    : `This takes ${wanted} ${of}; of the ${limit} of this ${period} ${left} are left.`;
}

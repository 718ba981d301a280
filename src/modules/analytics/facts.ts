/**
 * What is counted, and of what its key is made, part by part. The facts themselves are made by the database's triggers
 * (docs/adr/0020): a difference that a statement makes cannot be forgotten by who makes it.
 */
export const KEYS = {
  delivery: ['channel', 'provider', 'status', 'category'],
  tag: ['tag', 'status'],
  notification: ['category'],
  message: ['type'],
  provider_call: ['provider', 'channel', 'outcome', 'reason'],
  webhook_call: ['endpoint', 'outcome', 'reason'],
  inbound_event: ['source', 'status'],
} as const;

export type Kind = keyof typeof KEYS;

/**
 * How long those of a kind took is counted once more by the first parts of its key alone, under kinds of their own: what dashboards ask
 * for is then one row a bucket, with its quantiles, and not one for each status and category (docs/adr/0020).
 */
export const TIMES: readonly { readonly of: Kind; readonly kind: string; readonly parts: number }[] = [
  { of: 'delivery', kind: 'all_times', parts: 0 },
  { of: 'delivery', kind: 'channel_times', parts: 1 },
  { of: 'provider_call', kind: 'provider_times', parts: 2 },
  { of: 'webhook_call', kind: 'endpoint_times', parts: 1 },
];

/** The same as rows of SQL. */
export const TIMES_ROWS = `(VALUES ${TIMES.map(({ of, kind, parts }) => `('${of}', '${kind}', ${parts})`).join(', ')}) AS times (kind, times_kind, parts)`;

/** How fine figures are kept, in minutes. Quarters are for zones that are half an hour off, days (of UTC) for long times. */
export const GRAINS = { minute: 1, quarter: 15, hour: 60, day: 1_440 } as const;
export type Grain = (typeof GRAINS)[keyof typeof GRAINS];

/** Tags may be many: not by the minute, and by the day their names would be forgotten before they are. */
export const GRAINS_OF_TAGS = [GRAINS.quarter, GRAINS.hour] as const;

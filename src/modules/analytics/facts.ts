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

/** How fine figures are kept, in minutes. Quarters are for zones that are half an hour off. */
export const GRAINS = { minute: 1, quarter: 15, hour: 60 } as const;
export type Grain = (typeof GRAINS)[keyof typeof GRAINS];

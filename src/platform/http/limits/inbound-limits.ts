import type { ClientLimits } from '../../security/index.js';
import { partOf } from './request-limits.js';
import type { Window } from './windows.store.js';

/** What comes in of one client, when it has no limits of its own. */
export const INBOUND_PER_SECOND = 200;
export const INBOUND_PER_MINUTE = 6_000;
/** So much of it comes in at one source, and this much at least. */
const SOURCE_SHARE = 1 / 2;
const SOURCE_LEAST = { second: INBOUND_PER_SECOND, minute: INBOUND_PER_MINUTE } as const;

export interface InboundLimits {
  readonly inboundPerSecond: number;
  readonly inboundPerMinute: number;
}

export const inboundLimits = ({
  inboundPerSecond = INBOUND_PER_SECOND,
  inboundPerMinute = INBOUND_PER_MINUTE,
}: ClientLimits): InboundLimits => ({ inboundPerSecond, inboundPerMinute });

/** The windows that a call is counted in: those of its source where it may less than its client, then the client's. */
export function inboundWindows({
  id,
  limits,
}: {
  readonly id: string;
  readonly limits: ClientLimits | null;
}): Window[] {
  const { inboundPerSecond, inboundPerMinute } = inboundLimits(limits ?? {});
  const windows = (name: string, second: number, minute: number, scope: string): Window[] => [
    { name: `${name}:second`, limit: second, ttlMs: 1_000, scope },
    { name: `${name}:minute`, limit: minute, ttlMs: 60_000, scope },
  ];
  const ofSource = [
    partOf(inboundPerSecond, SOURCE_SHARE, SOURCE_LEAST.second),
    partOf(inboundPerMinute, SOURCE_SHARE, SOURCE_LEAST.minute),
  ] as const;
  const ofClient = windows('inbound', inboundPerSecond, inboundPerMinute, 'client');
  return [
    ...windows(`source:${id}`, ...ofSource, 'source').filter(({ limit }, n) => limit < (ofClient[n]?.limit ?? 0)),
    ...ofClient,
  ];
}

import type { ClientLimits } from '../../security/index.js';
import type { Window } from './windows.store.js';

/** What comes in of one client, when it has no limits of its own. */
export const INBOUND_PER_SECOND = 200;
export const INBOUND_PER_MINUTE = 6_000;
/** So much of it comes in at one source. */
const SOURCE_SHARE = 1 / 2;

export interface InboundLimits {
  readonly inboundPerSecond: number;
  readonly inboundPerMinute: number;
}

export const inboundLimits = ({
  inboundPerSecond = INBOUND_PER_SECOND,
  inboundPerMinute = INBOUND_PER_MINUTE,
}: ClientLimits): InboundLimits => ({ inboundPerSecond, inboundPerMinute });

/** The windows that a call is counted in: those of its source, then the client's. */
export function inboundWindows({
  id,
  limits,
}: {
  readonly id: string;
  readonly limits: ClientLimits | null;
}): Window[] {
  const { inboundPerSecond, inboundPerMinute } = inboundLimits(limits ?? {});
  const windows = (name: string, share: number, scope: string): Window[] => [
    { name: `${name}:second`, limit: Math.ceil(inboundPerSecond * share), ttlMs: 1_000, scope },
    { name: `${name}:minute`, limit: Math.ceil(inboundPerMinute * share), ttlMs: 60_000, scope },
  ];
  return [...windows(`source:${id}`, SOURCE_SHARE, 'source'), ...windows('inbound', 1, 'client')];
}

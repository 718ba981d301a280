import type { Outcome } from '../../extension/outcome.js';
import type { Settled } from '../../platform/work/index.js';
import type { PassedOver } from '../providers/index.js';
import type { DeliveryReason, DeliveryStatus } from './delivery-status.js';
import { type DeliveryResult, ONE_BY_ONE, type ProviderTry } from './delivery.rules.js';
import type { DeliveryInHand } from './notifications.repository.js';
import type { Move, NewTimelineEntry } from './settlements.repository.js';
import type { TimelineEntry } from './timeline.js';

type SettledDelivery = Settled<DeliveryInHand, DeliveryResult>;

/** A delivery, as far as its timeline names it. */
type Named = Pick<DeliveryInHand, 'clientId' | 'id' | 'notificationId' | 'channel'>;

/** What befell a delivery. */
export interface Happening extends Partial<Omit<TimelineEntry, 'at' | 'status' | 'reason'>> {
  readonly type: TimelineEntry['type'];
  readonly status: DeliveryStatus;
  readonly reason: DeliveryReason | null;
}

const NOTHING = { providerId: null, attempt: null, durationMs: null, detail: null, decision: null };

export const entryOf = ({ clientId, id, notificationId, channel }: Named, happening: Happening): NewTimelineEntry => ({
  ...NOTHING,
  ...happening,
  clientId,
  notificationId,
  deliveryId: id,
  channel,
});

export function moveOf({ payload, claim, decision: { end, result } }: SettledDelivery): Move {
  const last = result.tries.at(-1);
  return {
    ...{ clientId: payload.clientId, id: payload.id, status: result.status, reason: result.reason },
    ...{ providerId: last?.providerId ?? null, providerRef: result.providerRef },
    awaitedRef: last?.confirms ? result.providerRef : null,
    attempts: claim.attempts + (end === 'postpone' ? 0 : 1),
  };
}

/** An entry for each provider that was called; what became of the delivery stands in the last. */
export function attemptEntries({ payload, claim, decision }: SettledDelivery): NewTimelineEntry[] {
  const { status, reason, tries, passedOver } = decision.result;
  const attempt = claim.claims;
  if (tries.length === 0) {
    if (decision.end === 'postpone' && decision.reason === ONE_BY_ONE) return []; // it was not its turn: nothing happened
    const type = decision.end === 'postpone' ? 'waiting' : typeWithoutCall(status);
    return [entryOf(payload, { type, attempt, status, reason, decision: said(passedOver) })];
  }
  return tries.map(({ providerId, durationMs, outcome }, n) => {
    const call = { type: 'attempt' as const, attempt, providerId, durationMs, detail: outcome.detail ?? null };
    const choice = { ...call, decision: decisionOf(n, tries, passedOver) };
    const isLast = n === tries.length - 1;
    return entryOf(
      payload,
      isLast ? { ...choice, status, reason } : { ...choice, status: 'retrying', reason: whyNext(outcome) },
    );
  });
}

const typeWithoutCall = (status: DeliveryStatus): TimelineEntry['type'] =>
  status === 'skipped' || status === 'suppressed' ? status : 'attempt';

/** Why this provider was called, and why others were not. */
function decisionOf(n: number, tries: readonly ProviderTry[], passedOver: readonly PassedOver[]): string {
  const before = tries[n - 1];
  const place = before ? `after ${before.providerName} was at fault` : 'first choice';
  const others = n === 0 ? said(passedOver) : null;
  return others === null ? place : `${place}; ${others}`;
}

const said = (passedOver: readonly PassedOver[]): string | null =>
  passedOver.length === 0 ? null : `passed over: ${passedOver.map(nameOf).join(', ')}`;

const nameOf = ({ name, kind, reason, forSeconds }: PassedOver): string => {
  const seconds = forSeconds === null ? '' : `, ${Math.ceil(forSeconds)} s`;
  return `${name} [${kind}] (${reason.replaceAll('_', ' ')}${seconds})`;
};

const whyNext = (outcome: Outcome): DeliveryReason | null => {
  if (outcome.kind === 'rejected') return outcome.reason;
  return outcome.kind === 'failed' && outcome.timedOut ? 'provider_timeout' : null;
};

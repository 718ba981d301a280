import { type DeliveryStatus, isFailure, isOpen } from './delivery-status.js';
import type { Target } from './recipients.rules.js';

/** How the wanted channels follow each other. */
export interface Routing {
  readonly mode: 'all' | 'first';
  readonly order?: readonly string[];
  readonly until: 'sent' | 'delivered' | 'seen';
  readonly stepTimeoutSeconds: number;
}

export const STEP_TIMEOUT_SECONDS = 300;
export const EVERY_CHANNEL: Routing = { mode: 'all', until: 'delivered', stepTimeoutSeconds: STEP_TIMEOUT_SECONDS };
/** The least costly and least disturbing first; what a plugin adds comes last. */
const USUAL_ORDER = ['websocket', 'push', 'email', 'sms', 'webhook'];

const usualPlace = (channel: string): number => {
  const place = USUAL_ORDER.indexOf(channel);
  return place === -1 ? USUAL_ORDER.length : place;
};

/** The wanted channels as they come: first those that the caller named, then the others. */
export function inOrder(wanted: readonly string[], order: readonly string[] = []): string[] {
  const named = order.filter((channel, at) => wanted.includes(channel) && order.indexOf(channel) === at);
  const others = wanted.filter((channel) => !named.includes(channel));
  return [...named, ...others.toSorted((a, b) => usualPlace(a) - usualPlace(b))];
}

export interface Rung {
  /** One ladder for each recipient. */
  readonly ladder: number;
  /** 0 is tried at once. */
  readonly step: number;
}

/** Each target's place on its recipient's ladder; null for one that cannot be taken, which is not waited for. */
export function rungsOf(targets: readonly Target[], { mode, order }: Routing): (Rung | null)[] {
  if (mode === 'all') return targets.map(() => null);
  const steps = new Map<number, string[]>();
  for (const n of new Set(targets.map((target) => target.n))) {
    const taken = targets.filter((target) => target.n === n && target.unreachable === null);
    steps.set(n, inOrder([...new Set(taken.map(({ channel }) => channel))], order));
  }
  return targets.map(({ n, channel, unreachable }) =>
    unreachable === null ? { ladder: n, step: steps.get(n)?.indexOf(channel) ?? 0 } : null,
  );
}

/** What is known of one step's delivery when the next is asked for. */
export interface StepSeen {
  readonly status: DeliveryStatus;
  readonly isSeen: boolean;
  /** Its provider or channel tells of deliveries; where it cannot, `sent` is all that will ever be known. */
  readonly confirms: boolean;
}

/** Whether a step has brought what the ladder was to go on until. */
export function hasReached({ status, isSeen, confirms }: StepSeen, until: Routing['until']): boolean {
  if (isSeen) return true;
  if (until === 'seen') return false;
  if (status === 'delivered') return true;
  return status === 'sent' && (until === 'sent' || !confirms);
}

/** One delivery of a ladder. */
export interface StepDelivery extends StepSeen {
  readonly id: string;
  readonly step: number;
}

/** What is to be done about a ladder. */
export interface LadderMove {
  /** Deliveries that are not needed any more. */
  readonly drop: readonly string[];
  /** Those of later steps whose time comes sooner, and in how many seconds. */
  readonly hasten: readonly { readonly id: string; readonly afterSeconds: number }[];
}

const NOTHING: LadderMove = { drop: [], hasten: [] };

/**
 * Once a step has reached somebody the others are not needed. A step whose every delivery came to nothing is not waited
 * for: the next is due at once, and each after it in its turn.
 */
export function moveOf(deliveries: readonly StepDelivery[], { until, stepTimeoutSeconds }: Routing): LadderMove {
  const open = deliveries.filter(({ status }) => isOpen(status));
  const reached = deliveries.filter((delivery) => hasReached(delivery, until));
  if (reached.length > 0) {
    const step = Math.min(...reached.map((delivery) => delivery.step));
    // The other devices of the same step are rung together.
    return { drop: open.flatMap((delivery) => (delivery.step === step ? [] : delivery.id)), hasten: [] };
  }
  const isTried = ({ status }: StepDelivery): boolean => status !== 'pending';
  const current = Math.max(-1, ...deliveries.filter(isTried).map(({ step }) => step));
  if (current === -1) return NOTHING;
  const isOver = deliveries
    .filter(({ step }) => step <= current)
    .every(({ status }) => isFailure(status) || status === 'skipped');
  if (!isOver) return NOTHING;
  const later = open.filter(({ step }) => step > current);
  const next = Math.min(...later.map(({ step }) => step));
  return {
    drop: [],
    hasten: later.map(({ id, step }) => ({ id, afterSeconds: (step - next) * stepTimeoutSeconds })),
  };
}

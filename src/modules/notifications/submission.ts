import { type ClientId, newId } from '../../platform/database/index.js';
import { currentTraceparent } from '../../platform/observability/index.js';
import { type NewWork, WORK_PRIORITIES } from '../../platform/work/index.js';
import { channelCount, type Countable, type Wanted } from '../quotas/index.js';
import type { ChannelContents } from './content.js';
import { type DeliveryReason, type DeliveryStatus, isFailure, isOpen } from './delivery-status.js';
import { EVERY_CHANNEL, type Routing, type Rung, rungsOf } from './ladder.rules.js';
import type { Category, NotificationStatus, Priority } from './notification.entity.js';
import type { NewNotification } from './notifications.repository.js';
import type { Recipient, Target } from './recipients.rules.js';

export interface NotificationWish {
  readonly to: readonly Recipient[];
  readonly channels: ChannelContents;
  readonly routing?: Routing;
  readonly category: Category;
  readonly priority: Priority;
  readonly sendAt?: string;
  readonly expiresAt?: string;
  readonly provider?: string;
  readonly tags: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly test: boolean;
}

/** What the house sends by itself, to one recipient: its origin makes the content when it is sent (see `LateContents`). */
export interface OwnWish {
  /** Its id, chosen ahead so that others can refer to it in one go. */
  readonly id: string;
  readonly origin: string;
  readonly to: Recipient;
  readonly channel: string;
  /** `transactional` unless told. */
  readonly category?: Category;
  readonly tags: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
  /** What the house itself has to say to the client uses nothing of its quotas. */
  readonly isFree?: true;
}

export interface AcceptedDelivery {
  readonly id: string;
  readonly channel: string;
  readonly recipient: string;
  readonly status: DeliveryStatus;
  readonly reason: DeliveryReason | null;
}

export interface AcceptedNotification {
  readonly id: string;
  readonly status: NotificationStatus;
  readonly deliveries: readonly AcceptedDelivery[];
}

/** A notification with all its addresses found, ready to be stored. */
export interface Submission {
  readonly clientId: ClientId;
  readonly accepted: AcceptedNotification;
  readonly stored: NewNotification;
  readonly work: readonly NewWork[];
  readonly userIds: readonly string[];
  /** As what it ends with its acceptance; null for one that is under way. */
  readonly endedAs: NotificationStatus | null;
}

export interface Source {
  readonly id: string;
  /** Which part of the house sends it; null for a caller's. */
  readonly origin: string | null;
  readonly requestId: string | null;
  /** After how many it comes about, of systems that told one another. */
  readonly hops: number;
}

/** What a channel wants done with a delivery that was lost in flight. */
export type WhenLost = (channel: string) => 'again' | 'held';

/** A wish whose targets are known, as the rows and the work that it makes. */
export function submissionOf(
  clientId: ClientId,
  wish: NotificationWish,
  targets: readonly Target[],
  { id, origin, requestId, hops }: Source,
  whenLost: WhenLost,
): Submission {
  const isLater = wish.sendAt !== undefined && new Date(wish.sendAt).getTime() > Date.now();
  const runAt = isLater && wish.sendAt !== undefined ? new Date(wish.sendAt) : null;
  const expiresAt = wish.expiresAt === undefined ? null : new Date(wish.expiresAt);
  const routing = wish.routing ?? EVERY_CHANNEL;
  const deliveries = planOf(targets, routing, isLater).map(addressed);
  const open = deliveries.filter(({ status }) => isOpen(status));
  const status = isLater ? 'scheduled' : 'accepted';
  const counts = countsOf(deliveries, status);
  const times = { send_at: runAt, expires_at: expiresAt };
  const work = {
    clientId,
    priority: WORK_PRIORITIES[wish.priority],
    runAt,
    expiresAt,
    requestId,
    traceparent: currentTraceparent(),
  };
  return {
    clientId,
    accepted: { id, status, deliveries },
    endedAs: counts.is_over ? counts.status : null,
    userIds: [...new Set(targets.flatMap(({ userId }) => userId ?? []))],
    work: open.map(({ id: deliveryId, channel, rung }) => ({
      ...{ ...work, id: deliveryId, dedupeKey: deliveryId, whenLost: whenLost(channel) },
      afterSeconds: (rung?.step ?? 0) * routing.stepTimeoutSeconds,
    })),
    stored: {
      row: {
        ...{ client_id: clientId, id, origin, request_id: requestId, recipients: wish.to.length, hops },
        ...{ ...counts, ...times, ...contentColumns(wish) },
      },
      deliveries: deliveries.map((delivery) => deliveryColumns(clientId, id, delivery)),
    },
  };
}

/** A delivery that would be made of a target. */
export interface PlannedDelivery {
  readonly target: Target;
  readonly rung: Rung | null;
  readonly status: DeliveryStatus;
  readonly reason: DeliveryReason | null;
}

/** What becomes of each target when it is accepted. */
export function planOf(targets: readonly Target[], routing: Routing, isLater: boolean): PlannedDelivery[] {
  const rungs = rungsOf(targets, routing);
  return targets.map((target, n) => {
    const rung = rungs[n] ?? null;
    return { target, rung, status: statusOf(target.unreachable, rung, isLater), reason: target.unreachable };
  });
}

type Addressed = AcceptedDelivery & PlannedDelivery;

const addressed = (planned: PlannedDelivery): Addressed => {
  const { channel, recipient } = planned.target;
  return { ...planned, id: newId(), channel, recipient };
};

function statusOf(reason: DeliveryReason | null, rung: Rung | null, isLater: boolean): DeliveryStatus {
  if (reason === 'suppressed') return 'suppressed';
  if (reason !== null) return 'skipped';
  return isLater || (rung !== null && rung.step > 0) ? 'pending' : 'queued';
}

/** One whose every delivery ended here is over before it began. */
function countsOf(deliveries: readonly Pick<AcceptedDelivery, 'status'>[], status: NotificationStatus) {
  const count = (counted: (status: DeliveryStatus) => boolean): number =>
    deliveries.filter((delivery) => counted(delivery.status)).length;
  const open = count(isOpen);
  const failed = count(isFailure);
  const over: NotificationStatus = failed > 0 ? 'failed' : 'completed';
  return {
    ...{ status: open > 0 ? status : over, is_over: open === 0 },
    ...{ total_count: deliveries.length, open_count: open, failed_count: failed },
    skipped_count: count((one) => one === 'skipped'),
  };
}

const contentColumns = ({
  category,
  priority,
  routing,
  channels,
  tags,
  metadata,
  test,
  provider,
}: NotificationWish) => ({
  ...{ category, priority, routing: routing?.mode === 'first' ? routing : null, channels, tags, metadata, test },
  provider_id: provider ?? null,
});

const deliveryColumns = (
  clientId: ClientId,
  notificationId: string,
  { id, channel, recipient, status, reason, target, rung }: Addressed,
) => ({
  ...{ client_id: clientId, id, notification_id: notificationId, channel, recipient, status, reason },
  ...{ recipient_name: target.recipientName, user_id: target.userId, room_id: target.roomId },
  ...{ address_kind: target.addressKind, device_id: target.deviceId },
  ...{ ladder: rung?.ladder ?? null, step: rung?.step ?? null },
});

/** What it takes of its client's quotas: one notification, and each delivery that is to be tried. Of a test nothing. */
export function wantedOf({ stored, accepted }: Submission): Wanted {
  if (stored.row.test === true) return {};
  const wanted: Partial<Record<Countable, number>> = { notifications: 1 };
  for (const { channel, status } of accepted.deliveries) {
    if (!isOpen(status)) continue;
    const what = channelCount(channel);
    wanted[what] = (wanted[what] ?? 0) + 1;
  }
  return wanted;
}

/** All that submissions take of their clients' quotas. */
export function countables(submissions: readonly Submission[]): ReadonlyMap<ClientId, ReadonlySet<Countable>> {
  const all = new Map<ClientId, Set<Countable>>();
  for (const submission of submissions) {
    const whats = all.get(submission.clientId) ?? new Set();
    all.set(submission.clientId, whats);
    for (const what of Object.keys(wantedOf(submission))) whats.add(what as Countable);
  }
  return all;
}

/** The same with every delivery that was to be tried left out, for one reason: it is over with its acceptance. */
export function leftOut(submission: Submission, reason: DeliveryReason): Submission {
  const { accepted, stored } = submission;
  const deliveries = accepted.deliveries.map((one) =>
    isOpen(one.status) ? { ...one, status: 'skipped' as const, reason } : one,
  );
  const counts = countsOf(deliveries, accepted.status);
  return {
    ...submission,
    accepted: { ...accepted, deliveries },
    work: [],
    endedAs: counts.status,
    stored: {
      row: { ...stored.row, ...counts },
      deliveries: stored.deliveries.map((row, n) => ({
        ...row,
        status: deliveries[n]?.status,
        reason: deliveries[n]?.reason,
      })),
    },
  };
}

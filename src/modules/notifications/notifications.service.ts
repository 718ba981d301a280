import { Injectable } from '@nestjs/common';
import { type ClientId, Database, GroupCommit, newId, type Tx } from '../../platform/database/index.js';
import { DomainError, InvalidInput } from '../../platform/errors/index.js';
import { Answer, type OnceKey, OnceStore } from '../../platform/http/index.js';
import { type NewWork, WORK_PRIORITIES, WorkEngine } from '../../platform/work/index.js';
import { UsersRepository } from '../users/index.js';
import type { ChannelContents } from './content.js';
import type { DeliveryReason, DeliveryStatus } from './delivery-status.js';
import { DELIVERIES } from './notifications.jobs.js';
import type { Category, NotificationStatus, Priority } from './notification.entity.js';
import { faultsOf } from './notification.rules.js';
import { type NewNotification, NotificationsRepository } from './notifications.repository.js';
import { type Recipient, type Target, targetsOf } from './recipients.rules.js';

export interface NotificationWish {
  readonly to: readonly Recipient[];
  readonly channels: ChannelContents;
  readonly routing?: object;
  readonly category: Category;
  readonly priority: Priority;
  readonly sendAt?: string;
  readonly expiresAt?: string;
  readonly provider?: string;
  readonly tags: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly test: boolean;
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
interface Submission {
  readonly clientId: ClientId;
  readonly accepted: AcceptedNotification;
  readonly stored: NewNotification;
  readonly work: readonly NewWork[];
  readonly userIds: readonly string[];
}

/** One lane: order does not matter, and a larger batch costs less. A full batch is bounded by its deliveries too. */
const COMMITS = { lanes: 2, maxBatch: 100, maxWaiting: 5_000 } as const;

/** Takes notifications on. What it has answered is committed, and will end as sent or with a reason. */
@Injectable()
export class NotificationsService {
  private readonly commits: GroupCommit<Submission, AcceptedNotification>;
  private turn = 0;

  constructor(
    private readonly database: Database,
    private readonly notifications: NotificationsRepository,
    private readonly users: UsersRepository,
    private readonly work: WorkEngine,
    private readonly once: OnceStore,
  ) {
    this.commits = new GroupCommit({
      write: (submissions) => this.database.transaction((tx) => this.store(tx, submissions)),
      laneOf: () => this.turn++,
      ...COMMITS,
    });
  }

  /** @throws InvalidInput, `no_recipient`, Unavailable */
  async submit(clientId: ClientId, wish: NotificationWish, requestId: string): Promise<AcceptedNotification> {
    return this.commits.append(await this.prepare(clientId, wish, requestId));
  }

  /** As {@link submit}, and once per `Idempotency-Key`: in a transaction of its own, with the key's row. */
  async submitOnce<View>(
    clientId: ClientId,
    wish: NotificationWish,
    requestId: string,
    once: OnceKey,
    view: (accepted: AcceptedNotification) => View,
  ): Promise<Answer<View>> {
    const submission = await this.prepare(clientId, wish, requestId);
    return this.once.run(once, async (tx) => {
      await this.store(tx, [submission]);
      return new Answer(202, view(submission.accepted));
    });
  }

  private async prepare(clientId: ClientId, wish: NotificationWish, requestId: string): Promise<Submission> {
    const faults = faultsOf(wish);
    if (faults.length > 0) throw new InvalidInput(faults);
    const targets = targetsOf(wish.to, wish.channels, await this.known(clientId, wish));
    if (targets.every(({ unreachable }) => unreachable !== null)) {
      throw new DomainError(
        'unprocessable',
        'no_recipient',
        'No recipient has an address on any of the wanted channels.',
      );
    }
    return submissionOf(clientId, wish, targets, requestId);
  }

  private async known(clientId: ClientId, { to, channels }: NotificationWish) {
    const userIds = channels.email ? to.flatMap(({ userId }) => userId ?? []) : [];
    const roomIds = to.flatMap(({ roomId }) => roomId ?? []);
    const users = userIds.length > 0 ? await this.users.findAll(clientId, userIds) : [];
    return {
      emailOf: new Map(users.map((user) => [user.id, user])),
      roomIds: await this.notifications.ownRooms(clientId, roomIds),
    };
  }

  private async store(tx: Tx, submissions: readonly Submission[]): Promise<AcceptedNotification[]> {
    const named = new Map<ClientId, string[]>();
    for (const { clientId, userIds } of submissions) named.set(clientId, [...(named.get(clientId) ?? []), ...userIds]);
    for (const clientId of [...named.keys()].sort()) await this.users.mention(clientId, named.get(clientId) ?? [], tx);
    this.notifications.insert(
      tx,
      submissions.map(({ stored }) => stored),
    );
    await this.work.accept(
      tx,
      DELIVERIES,
      submissions.flatMap(({ work }) => work),
    );
    return submissions.map(({ accepted }) => accepted);
  }
}

function submissionOf(
  clientId: ClientId,
  wish: NotificationWish,
  targets: readonly Target[],
  requestId: string,
): Submission {
  const id = newId();
  const isLater = wish.sendAt !== undefined && new Date(wish.sendAt).getTime() > Date.now();
  const runAt = isLater && wish.sendAt !== undefined ? new Date(wish.sendAt) : null;
  const expiresAt = wish.expiresAt === undefined ? null : new Date(wish.expiresAt);
  const deliveries = targets.map((target) => addressed(target, isLater ? 'pending' : 'queued'));
  const reachable = deliveries.filter(({ status }) => status !== 'skipped');
  const status = isLater ? 'scheduled' : 'accepted';
  const counts = {
    total_count: deliveries.length,
    open_count: reachable.length,
    skipped_count: deliveries.length - reachable.length,
  };
  const times = { send_at: runAt, expires_at: expiresAt };
  const work = { clientId, priority: WORK_PRIORITIES[wish.priority], runAt, expiresAt, requestId };
  return {
    clientId,
    accepted: { id, status, deliveries },
    userIds: [...new Set(targets.flatMap(({ userId }) => userId ?? []))],
    work: reachable.map((delivery) => ({ ...work, id: delivery.id, dedupeKey: delivery.id })),
    stored: {
      row: { client_id: clientId, id, status, ...counts, ...times, ...contentColumns(wish), request_id: requestId },
      deliveries: deliveries.map((delivery) => deliveryColumns(clientId, id, delivery)),
    },
  };
}

type Addressed = AcceptedDelivery & { readonly target: Target };

const addressed = (target: Target, reachableStatus: DeliveryStatus): Addressed => ({
  id: newId(),
  channel: target.channel,
  recipient: target.recipient,
  status: target.unreachable === null ? reachableStatus : 'skipped',
  reason: target.unreachable,
  target,
});

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
  ...{ category, priority, routing: routing ?? null, channels, tags, metadata, test },
  provider_id: provider ?? null,
});

const deliveryColumns = (
  clientId: ClientId,
  notificationId: string,
  { id, channel, recipient, status, reason, target }: Addressed,
) => ({
  ...{ client_id: clientId, id, notification_id: notificationId, channel, recipient, status, reason },
  ...{ recipient_name: target.recipientName, user_id: target.userId, room_id: target.roomId },
});

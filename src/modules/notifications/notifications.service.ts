import { Injectable } from '@nestjs/common';
import { type ClientId, Database, GroupCommit, newId, type Tx, type UserId } from '../../platform/database/index.js';
import { DomainError, InvalidInput } from '../../platform/errors/index.js';
import { Answer, type OnceKey, OnceStore } from '../../platform/http/index.js';
import { type NewWork, WORK_PRIORITIES, WorkEngine } from '../../platform/work/index.js';
import { UsersRepository } from '../users/index.js';
import { type ChannelContents, channelsIn, type ChannelName } from './content.js';
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

/** What the house sends by itself, to one user: its origin makes the content when it is sent (see {@link LateContents}). */
export interface OwnWish {
  /** Its id, chosen ahead so that others can refer to it in one go. */
  readonly id: string;
  readonly origin: string;
  readonly userId: UserId;
  readonly channel: ChannelName;
  readonly tags: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
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

  /** Takes on what the house sends by itself, in the caller's transaction. @throws `no_recipient` */
  async submitIn(tx: Tx, clientId: ClientId, wishes: readonly OwnWish[]): Promise<AcceptedNotification[]> {
    const userIds = wishes.map(({ userId }) => userId);
    const users = await this.users.findAll(clientId, userIds, tx);
    const known = { emailOf: new Map(users.map((user) => [user.id, user])), roomIds: new Set<string>() };
    const submissions = wishes.map(({ id, origin, userId, channel, tags, metadata }) => {
      const to = [{ userId }];
      const wish = { ...OWN, to, channels: { [channel]: {} }, tags, metadata };
      return submissionOf(clientId, wish, reachable(targetsOf(to, [channel], known)), { id, origin, requestId: null });
    });
    return this.store(tx, submissions);
  }

  private async prepare(clientId: ClientId, wish: NotificationWish, requestId: string): Promise<Submission> {
    const faults = faultsOf(wish);
    if (faults.length > 0) throw new InvalidInput(faults);
    const targets = targetsOf(wish.to, channelsIn(wish.channels), await this.known(clientId, wish));
    return submissionOf(clientId, wish, reachable(targets), { id: newId(), origin: null, requestId });
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

const OWN = { category: 'transactional', priority: 'normal', test: false } as const;

/** @throws `no_recipient` */
function reachable(targets: readonly Target[]): readonly Target[] {
  if (targets.some(({ unreachable }) => unreachable === null)) return targets;
  throw new DomainError('unprocessable', 'no_recipient', 'No recipient has an address on any of the wanted channels.');
}

interface Source {
  readonly id: string;
  readonly origin: string | null;
  readonly requestId: string | null;
}

function submissionOf(
  clientId: ClientId,
  wish: NotificationWish,
  targets: readonly Target[],
  { id, origin, requestId }: Source,
): Submission {
  const isLater = wish.sendAt !== undefined && new Date(wish.sendAt).getTime() > Date.now();
  const runAt = isLater && wish.sendAt !== undefined ? new Date(wish.sendAt) : null;
  const expiresAt = wish.expiresAt === undefined ? null : new Date(wish.expiresAt);
  const deliveries = targets.map((target) => addressed(target, isLater ? 'pending' : 'queued'));
  const open = deliveries.filter(({ status }) => status !== 'skipped');
  const status = isLater ? 'scheduled' : 'accepted';
  const counts = {
    total_count: deliveries.length,
    open_count: open.length,
    skipped_count: deliveries.length - open.length,
  };
  const times = { send_at: runAt, expires_at: expiresAt };
  const work = { clientId, priority: WORK_PRIORITIES[wish.priority], runAt, expiresAt, requestId };
  return {
    clientId,
    accepted: { id, status, deliveries },
    userIds: [...new Set(targets.flatMap(({ userId }) => userId ?? []))],
    work: open.map((delivery) => ({ ...work, id: delivery.id, dedupeKey: delivery.id })),
    stored: {
      row: {
        client_id: clientId,
        id,
        status,
        ...counts,
        ...times,
        ...contentColumns(wish),
        request_id: requestId,
        origin,
      },
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

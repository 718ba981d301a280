import { Injectable } from '@nestjs/common';
import { ChannelRegistry } from '../../extension/channel-registry.js';
import { type ClientId, Database, GroupCommit, newId, type Tx, type UserId } from '../../platform/database/index.js';
import { DomainError, InvalidInput } from '../../platform/errors/index.js';
import { Answer, type OnceKey, OnceStore } from '../../platform/http/index.js';
import { WorkEngine } from '../../platform/work/index.js';
import { UsersRepository } from '../users/index.js';
import { AddressBook } from './address-book.js';
import { DELIVERIES } from './notifications.jobs.js';
import { faultsOf } from './notification.rules.js';
import { NotificationsRepository } from './notifications.repository.js';
import type { Target } from './recipients.rules.js';
import {
  type AcceptedNotification,
  type NotificationWish,
  type Source,
  type Submission,
  submissionOf,
} from './submission.js';

/** What the house sends by itself, to one user: its origin makes the content when it is sent (see `LateContents`). */
export interface OwnWish {
  /** Its id, chosen ahead so that others can refer to it in one go. */
  readonly id: string;
  readonly origin: string;
  readonly userId: UserId;
  readonly channel: string;
  readonly tags: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
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
    private readonly book: AddressBook,
    private readonly channels: ChannelRegistry,
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
    const submissions: Submission[] = [];
    for (const channel of new Set(wishes.map((wish) => wish.channel))) {
      const asked = wishes.filter((wish) => wish.channel === channel);
      const to = asked.map(({ userId }) => ({ userId }));
      const targets = await this.book.targets(clientId, to, { [channel]: {} }, tx);
      for (const [n, { id, origin, tags, metadata }] of asked.entries()) {
        const own = reachable(targets.filter((target) => target.n === n));
        const wish = { ...OWN, to: to.slice(n, n + 1), channels: { [channel]: {} }, tags, metadata };
        submissions.push(this.submissionOf(clientId, wish, own, { id, origin, requestId: null }));
      }
    }
    return this.store(tx, submissions);
  }

  private async prepare(clientId: ClientId, wish: NotificationWish, requestId: string): Promise<Submission> {
    const targets = await this.targets(clientId, wish);
    return this.submissionOf(clientId, wish, targets, { id: newId(), origin: null, requestId });
  }

  /** @throws InvalidInput, `no_recipient` */
  private async targets(clientId: ClientId, wish: NotificationWish): Promise<readonly Target[]> {
    const faults = faultsOf(wish, (name) => this.channels.find(name)?.channel);
    if (faults.length > 0) throw new InvalidInput(faults);
    return reachable(await this.book.targets(clientId, wish.to, wish.channels));
  }

  private submissionOf(
    clientId: ClientId,
    wish: NotificationWish,
    targets: readonly Target[],
    source: Source,
  ): Submission {
    const whenLost = (channel: string) => this.channels.find(channel)?.whenLost ?? 'again';
    return submissionOf(clientId, wish, targets, source, whenLost);
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

import { Injectable } from '@nestjs/common';
import { type ClientId, Database, GroupCommit, type Tx } from '../../platform/database/index.js';
import { DomainError, type InputFault } from '../../platform/errors/index.js';
import { Answer, type OnceKey, OnceStore } from '../../platform/http/index.js';
import { inSpan } from '../../platform/observability/index.js';
import { WorkEngine } from '../../platform/work/index.js';
import { UsersRepository } from '../users/index.js';
import { Announcer } from './announcer.js';
import { Composer } from './composer.js';
import { DELIVERIES } from './notifications.jobs.js';
import { NotificationsRepository } from './notifications.repository.js';
import type { AcceptedNotification, NotificationWish, OwnWish, Submission } from './submission.js';

/** What became of one wish of a batch: accepted under an id, or why not. */
export interface BatchResult {
  readonly index: number;
  readonly id?: string;
  readonly error?: DomainError;
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
    private readonly composer: Composer,
    private readonly work: WorkEngine,
    private readonly once: OnceStore,
    private readonly announcer: Announcer,
  ) {
    this.commits = new GroupCommit({
      write: (submissions) => this.database.transaction((tx) => this.store(tx, submissions)),
      laneOf: () => this.turn++,
      ...COMMITS,
    });
  }

  /** @throws InvalidInput, `no_recipient`, Unavailable */
  async submit(clientId: ClientId, wish: NotificationWish, requestId: string): Promise<AcceptedNotification> {
    return inSpan('accept notification', 'internal', {}, async () =>
      this.commits.append(await this.composer.compose(clientId, wish, requestId)),
    );
  }

  /** As {@link submit}, and once per `Idempotency-Key`: in a transaction of its own, with the key's row. */
  async submitOnce<View>(
    clientId: ClientId,
    wish: NotificationWish,
    requestId: string,
    once: OnceKey,
    view: (accepted: AcceptedNotification) => View,
  ): Promise<Answer<View>> {
    const submission = await this.composer.compose(clientId, wish, requestId);
    return this.once.run(once, async (tx) => {
      await this.store(tx, [submission]);
      return new Answer(202, view(submission.accepted));
    });
  }

  /**
   * Each by itself: a wish that cannot be meant, or reaches nobody, harms no other. Those that are accepted commit together.
   * @param wishes a fault stands where a wish could not even be read
   */
  async submitBatch<View>(
    clientId: ClientId,
    wishes: readonly (NotificationWish | DomainError)[],
    requestId: string,
    once: OnceKey | undefined,
    view: (results: readonly BatchResult[]) => View,
  ): Promise<Answer<View>> {
    const composed = await this.composer.composeAll(clientId, wishes, requestId);
    const submissions = composed.flatMap((one) => (one instanceof DomainError ? [] : one));
    const results = composed.map((one, index) =>
      one instanceof DomainError ? { index, error: one } : { index, id: one.accepted.id },
    );
    return this.once.run(once, async (tx) => {
      if (submissions.length > 0) await this.store(tx, submissions);
      return new Answer(202, view(results));
    });
  }

  /**
   * A wish that {@link store} can write in a transaction, under an id that was chosen ahead.
   * @throws InvalidInput, `no_recipient`
   */
  prepare(
    clientId: ClientId,
    wish: NotificationWish,
    source: { readonly id: string; readonly requestId: string | null },
  ): Promise<Submission> {
    return this.composer.composeAs(clientId, wish, source);
  }

  /** What makes it one that cannot be meant, whomever it is to. */
  faultsOf(wish: NotificationWish): readonly InputFault[] {
    return this.composer.faultsOf(wish);
  }

  /** Takes on what the house sends by itself, in the caller's transaction. @throws `no_recipient` */
  async submitIn(tx: Tx, clientId: ClientId, wishes: readonly OwnWish[]): Promise<AcceptedNotification[]> {
    return this.store(tx, await this.composer.composeOwn(tx, clientId, wishes));
  }

  /** Writes submissions, with their work, in the caller's transaction. */
  async store(tx: Tx, submissions: readonly Submission[]): Promise<AcceptedNotification[]> {
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
    await this.announcer.accepted(tx, submissions);
    return submissions.map(({ accepted }) => accepted);
  }
}

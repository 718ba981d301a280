import { Injectable } from '@nestjs/common';
import { type ClientId, Database, GroupCommit, type Tx } from '../../platform/database/index.js';
import { DomainError, type InputFault } from '../../platform/errors/index.js';
import { Answer, type OnceKey, OnceStore } from '../../platform/http/index.js';
import { inSpan } from '../../platform/observability/index.js';
import { Acceptance, type Verdict } from './acceptance.js';
import { Composer } from './composer.js';
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
  private readonly commits: GroupCommit<Submission, Verdict>;
  private turn = 0;

  constructor(
    private readonly database: Database,
    private readonly composer: Composer,
    private readonly acceptance: Acceptance,
    private readonly once: OnceStore,
  ) {
    this.commits = new GroupCommit({
      write: (submissions) => this.write(submissions),
      laneOf: () => this.turn++,
      ...COMMITS,
    });
  }

  /** @throws InvalidInput, `no_recipient`, QuotaExceeded, Unavailable */
  async submit(clientId: ClientId, wish: NotificationWish, requestId: string): Promise<AcceptedNotification> {
    return inSpan('accept notification', 'internal', {}, async () =>
      accepted(await this.commits.append(await this.composer.compose(clientId, wish, requestId))),
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
    await this.acceptance.expect([clientId]);
    return this.once.run(once, async (tx) => {
      await this.store(tx, [submission]);
      return new Answer(202, view(submission.accepted));
    });
  }

  /**
   * Each by itself: a wish that cannot be meant, reaches nobody, or is more than a quota has left, harms no other. Those that are accepted commit together.
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
    await this.acceptance.expect([clientId]);
    return this.once.run(once, async (tx) => {
      const verdicts = (await this.acceptance.store(tx, composed.filter(isSound))).values();
      const results = composed.map((one, index): BatchResult => {
        const verdict = one instanceof DomainError ? one : (verdicts.next().value ?? one);
        return verdict instanceof DomainError ? { index, error: verdict } : { index, id: verdict.accepted.id };
      });
      return new Answer(202, view(results));
    });
  }

  /**
   * A wish that {@link store} can write in a transaction, under an id that was chosen ahead.
   * @throws InvalidInput, `no_recipient`
   */
  async prepare(
    clientId: ClientId,
    wish: NotificationWish,
    source: { readonly id: string; readonly requestId: string | null },
  ): Promise<Submission> {
    await this.acceptance.expect([clientId]);
    return this.composer.composeAs(clientId, wish, source);
  }

  /** What makes it one that cannot be meant, whomever it is to. */
  faultsOf(wish: NotificationWish): readonly InputFault[] {
    return this.composer.faultsOf(wish);
  }

  /** Before a transaction in which {@link submitIn} is to send for the client. */
  expect(clientId: ClientId): Promise<void> {
    return this.acceptance.expect([clientId]);
  }

  /**
   * Takes on what the house sends by itself, in the caller's transaction. What the client's quotas have no room for is
   * stored as skipped: nobody is there to be told.
   * @throws `no_recipient`
   */
  async submitIn(tx: Tx, clientId: ClientId, wishes: readonly OwnWish[]): Promise<void> {
    const submissions = await this.composer.composeOwn(tx, clientId, wishes);
    const counted = submissions.filter((_, n) => wishes[n]?.isFree !== true);
    await this.acceptance.storeAnyway(tx, counted);
    await this.acceptance.write(
      tx,
      submissions.filter((_, n) => wishes[n]?.isFree === true),
    );
  }

  /** Writes submissions, with their work, in the caller's transaction. @throws QuotaExceeded */
  async store(tx: Tx, submissions: readonly Submission[]): Promise<AcceptedNotification[]> {
    return (await this.acceptance.store(tx, submissions)).map(accepted);
  }

  private async write(submissions: readonly Submission[]): Promise<Verdict[]> {
    await this.acceptance.expect(submissions.map(({ clientId }) => clientId));
    return this.database.transaction((tx) => this.acceptance.store(tx, submissions));
  }
}

function accepted(verdict: Verdict): AcceptedNotification {
  if (verdict instanceof DomainError) throw verdict;
  return verdict.accepted;
}

const isSound = (one: Submission | DomainError): one is Submission => !(one instanceof DomainError);

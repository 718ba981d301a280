import { Injectable } from '@nestjs/common';
import type { ClientId, Tx } from '../../platform/database/index.js';
import { DomainError } from '../../platform/errors/index.js';
import { WorkEngine } from '../../platform/work/index.js';
import { Quotas } from '../quotas/index.js';
import { UsersRepository } from '../users/index.js';
import { Announcer } from './announcer.js';
import { DELIVERIES } from './notifications.jobs.js';
import { NotificationsRepository } from './notifications.repository.js';
import { countables, leftOut, type Submission, wantedOf } from './submission.js';

/** A submission as it was stored, or why it was not. */
export type Verdict = Submission | DomainError;

/** Writes submissions with their work, in the caller's transaction, as far as their clients' quotas go. */
@Injectable()
export class Acceptance {
  constructor(
    private readonly notifications: NotificationsRepository,
    private readonly users: UsersRepository,
    private readonly work: WorkEngine,
    private readonly announcer: Announcer,
    private readonly quotas: Quotas,
  ) {}

  /** Before a transaction in which submissions of these clients are to be stored. */
  expect(clientIds: readonly ClientId[]): Promise<void> {
    return this.quotas.expect(clientIds);
  }

  /** Each by itself: one that its client's quotas have no room for takes nothing and harms no other. */
  async store(tx: Tx, submissions: readonly Submission[]): Promise<Verdict[]> {
    const allowance = await this.quotas.open(tx, countables(submissions));
    const verdicts = submissions.map(
      (submission): Verdict => allowance.take(submission.clientId, wantedOf(submission)) ?? submission,
    );
    await this.write(tx, verdicts.filter(isStored));
    await this.quotas.close(tx, allowance);
    return verdicts;
  }

  /** Those of which nobody could be told that there is no room: they are stored as skipped, with the reason. */
  async storeAnyway(tx: Tx, submissions: readonly Submission[]): Promise<void> {
    const allowance = await this.quotas.open(tx, countables(submissions));
    const stored = submissions.map((submission) =>
      allowance.take(submission.clientId, wantedOf(submission)) ? leftOut(submission, 'quota_exceeded') : submission,
    );
    await this.write(tx, stored);
    await this.quotas.close(tx, allowance);
  }

  /** Without asking what the clients have left. */
  async write(tx: Tx, submissions: readonly Submission[]): Promise<void> {
    if (submissions.length === 0) return;
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
  }
}

const isStored = (verdict: Verdict): verdict is Submission => !(verdict instanceof DomainError);

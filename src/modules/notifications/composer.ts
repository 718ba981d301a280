import { Injectable } from '@nestjs/common';
import { ChannelRegistry } from '../../extension/channel-registry.js';
import { type ClientId, newId, type Tx } from '../../platform/database/index.js';
import { DomainError, InvalidInput } from '../../platform/errors/index.js';
import { AddressBook } from './address-book.js';
import { EVERY_CHANNEL } from './ladder.rules.js';
import type { Category } from './notification.entity.js';
import { faultsOf } from './notification.rules.js';
import type { Target } from './recipients.rules.js';
import { StandingService } from './standing.service.js';
import {
  type NotificationWish,
  type OwnWish,
  type PlannedDelivery,
  planOf,
  type Source,
  type Submission,
  submissionOf,
} from './submission.js';

const OWN = { category: 'transactional', priority: 'normal', test: false } as const;

/** Makes submissions of wishes: checked, every recipient resolved, with the reason for each that is left out. */
@Injectable()
export class Composer {
  constructor(
    private readonly book: AddressBook,
    private readonly standings: StandingService,
    private readonly channels: ChannelRegistry,
  ) {}

  /** @throws InvalidInput, `no_recipient` */
  async compose(clientId: ClientId, wish: NotificationWish, requestId: string | null): Promise<Submission> {
    const targets = await this.targets(clientId, wish);
    return this.submission(clientId, wish, targets, { id: newId(), origin: null, requestId });
  }

  /** What {@link compose} would make of it. @throws InvalidInput, `no_recipient` */
  async plan(clientId: ClientId, wish: NotificationWish): Promise<PlannedDelivery[]> {
    return planOf(await this.targets(clientId, wish), wish.routing ?? EVERY_CHANNEL, false);
  }

  /** What the house sends by itself, seen from within the transaction that makes it. @throws `no_recipient` */
  async composeOwn(tx: Tx, clientId: ClientId, wishes: readonly OwnWish[]): Promise<Submission[]> {
    const submissions: Submission[] = [];
    for (const channel of new Set(wishes.map((wish) => wish.channel))) {
      const asked = wishes.filter((wish) => wish.channel === channel);
      const to = asked.map(({ userId }) => ({ userId }));
      const targets = await this.book.targets(clientId, to, { [channel]: {} }, tx);
      for (const [n, { id, origin, tags, metadata }] of asked.entries()) {
        const own = reachable(targets.filter((target) => target.n === n));
        const wish = { ...OWN, to: to.slice(n, n + 1), channels: { [channel]: {} }, tags, metadata };
        submissions.push(this.submission(clientId, wish, own, { id, origin, requestId: null }));
      }
    }
    return submissions;
  }

  /** @throws InvalidInput, `no_recipient` */
  private async targets(clientId: ClientId, wish: NotificationWish): Promise<readonly Target[]> {
    const faults = faultsOf(wish, (name) => this.channels.find(name)?.channel);
    if (faults.length > 0) throw new InvalidInput(faults);
    const targets = reachable(await this.book.targets(clientId, wish.to, wish.channels));
    return this.judged(clientId, wish.category, targets);
  }

  /** Who declined is left out here already, so that the caller learns of it; they are asked again when it is sent. */
  private async judged(clientId: ClientId, category: Category, targets: readonly Target[]): Promise<readonly Target[]> {
    const standings = await this.standings.of(
      clientId,
      targets.map((target) => ({ ...target, category })),
    );
    return targets.map((target, n) => {
      const standing = standings[n];
      if (target.unreachable !== null || standing?.kind !== 'refused') return target;
      return { ...target, unreachable: standing.reason };
    });
  }

  private submission(
    clientId: ClientId,
    wish: NotificationWish,
    targets: readonly Target[],
    source: Source,
  ): Submission {
    const whenLost = (channel: string) => this.channels.find(channel)?.whenLost ?? 'again';
    return submissionOf(clientId, wish, targets, source, whenLost);
  }
}

/** @throws `no_recipient` */
function reachable(targets: readonly Target[]): readonly Target[] {
  if (targets.some(({ unreachable }) => unreachable === null)) return targets;
  throw new DomainError('unprocessable', 'no_recipient', 'No recipient has an address on any of the wanted channels.');
}

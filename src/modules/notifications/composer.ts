import { Injectable } from '@nestjs/common';
import { ChannelRegistry } from '../../extension/channel-registry.js';
import { type ClientId, newId, type Tx } from '../../platform/database/index.js';
import { DomainError, type InputFault, InvalidInput } from '../../platform/errors/index.js';
import { currentHops } from '../../platform/outbox/index.js';
import { AddressBook } from './address-book.js';
import { EVERY_CHANNEL } from './ladder.rules.js';
import { faultsOf } from './notification.rules.js';
import type { Target } from './recipients.rules.js';
import { type Standing, StandingService, WELCOME } from './standing.service.js';
import {
  type NotificationWish,
  type OwnWish,
  type PlannedDelivery,
  planOf,
  type Source,
  type Submission,
  submissionOf,
} from './submission.js';

/** A wish whose addresses are found, with what their owners said. */
interface JudgedWish {
  readonly wish: NotificationWish;
  readonly targets: readonly Target[];
  readonly standings: readonly Standing[];
}

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
  async compose(clientId: ClientId, wish: NotificationWish, requestId: string): Promise<Submission> {
    return orThrow(await this.composeAll(clientId, [wish], requestId));
  }

  /** As {@link compose}, under an id that was chosen ahead. @throws InvalidInput, `no_recipient` */
  async composeAs(
    clientId: ClientId,
    wish: NotificationWish,
    { id, requestId }: Pick<Source, 'id' | 'requestId'>,
  ): Promise<Submission> {
    const { targets } = orThrow(await this.judgeAll(clientId, [wish]));
    return this.submission(clientId, wish, targets, { id, origin: null, requestId });
  }

  /** What makes it one that cannot be meant, whomever it is to. */
  faultsOf(wish: NotificationWish): readonly InputFault[] {
    return faultsOf(wish, (name) => this.channels.find(name)?.channel);
  }

  /** Each by itself, looked up together. @param wishes a refusal stands where a wish could not even be read */
  async composeAll(
    clientId: ClientId,
    wishes: readonly (NotificationWish | DomainError)[],
    requestId: string,
  ): Promise<(Submission | DomainError)[]> {
    const judged = await this.judgeAll(clientId, wishes);
    return judged.map((one) => {
      if (one instanceof DomainError) return one;
      return this.submission(clientId, one.wish, one.targets, { id: newId(), origin: null, requestId });
    });
  }

  /** What {@link compose} would make of it, with what stands against each. @throws InvalidInput, `no_recipient` */
  async plan(clientId: ClientId, wish: NotificationWish): Promise<(PlannedDelivery & { standing: Standing })[]> {
    const { targets, standings } = orThrow(await this.judgeAll(clientId, [wish]));
    return planOf(targets, wish.routing ?? EVERY_CHANNEL, false).map((planned, n) => ({
      ...planned,
      standing: standings[n] ?? WELCOME,
    }));
  }

  /** What the house sends by itself, seen from within the transaction that makes it. @throws `no_recipient` */
  async composeOwn(tx: Tx, clientId: ClientId, own: readonly OwnWish[]): Promise<Submission[]> {
    const wishes = own.map(({ to, channel, category, tags, metadata }) => ({
      ...{ ...OWN, ...(category && { category }), to: [to], channels: { [channel]: {} } },
      ...{ tags, metadata },
    }));
    const targets = await this.book.targets(clientId, wishes, tx);
    return wishes.map((wish, n) => {
      const { id = '', origin = null } = own[n] ?? {};
      const reached = targets[n] ?? [];
      if (isNobody(reached)) throw nobody();
      return this.submission(clientId, wish, reached, { id, origin, requestId: null });
    });
  }

  private async judgeAll(
    clientId: ClientId,
    wishes: readonly (NotificationWish | DomainError)[],
  ): Promise<(JudgedWish | DomainError)[]> {
    const read = wishes.map((wish) => (wish instanceof DomainError ? wish : (this.refusalOf(wish) ?? wish)));
    const sound = read.flatMap((one) => (one instanceof DomainError ? [] : one));
    const judged = (await this.judge(clientId, sound)).values();
    return read.map((one) => (one instanceof DomainError ? one : (judged.next().value ?? nobody())));
  }

  /** Who declined is left out here already, so that the caller learns of it; they are asked again when it is sent. */
  private async judge(clientId: ClientId, wishes: readonly NotificationWish[]): Promise<(JudgedWish | DomainError)[]> {
    const addressed = await this.book.targets(clientId, wishes);
    const asked = wishes.flatMap(({ category }, n) => (addressed[n] ?? []).map((target) => ({ ...target, category })));
    const standings = await this.standings.of(clientId, asked);
    return wishes.map((wish, n) => {
      const targets = addressed[n] ?? [];
      const own = standings.splice(0, targets.length);
      if (isNobody(targets)) return nobody();
      return { wish, standings: own, targets: targets.map((target, at) => judged(target, own[at])) };
    });
  }

  private refusalOf(wish: NotificationWish): DomainError | null {
    const faults = this.faultsOf(wish);
    return faults.length > 0 ? new InvalidInput(faults) : null;
  }

  private submission(
    clientId: ClientId,
    wish: NotificationWish,
    targets: readonly Target[],
    source: Omit<Source, 'hops'>,
  ): Submission {
    const whenLost = (channel: string) => this.channels.find(channel)?.whenLost ?? 'again';
    return submissionOf(clientId, wish, targets, { ...source, hops: currentHops() }, whenLost);
  }
}

const judged = (target: Target, standing: Standing = WELCOME): Target =>
  target.unreachable !== null || standing.kind !== 'refused' ? target : { ...target, unreachable: standing.reason };

const isNobody = (targets: readonly Target[]): boolean => targets.every(({ unreachable }) => unreachable !== null);

const nobody = (): DomainError =>
  new DomainError('unprocessable', 'no_recipient', 'No recipient has an address on any of the wanted channels.');

/** Of one that was asked for. */
function orThrow<One>([one = nobody()]: readonly (One | DomainError)[]): One {
  if (one instanceof DomainError) throw one;
  return one;
}

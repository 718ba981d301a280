import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ENV, type ResolvedEnv } from '../../config/index.js';
import type { ClientId, UserId } from '../../platform/database/index.js';
import { SuppressionList } from '../suppressions/index.js';
import {
  type DataSubject,
  type Erasure,
  everyRow,
  PersonalData,
  type PersonalDataPart,
  untilNothingIsLeft,
} from '../users/index.js';
import { copiesWithout } from './copies.rules.js';
import { DeliveriesForgetting } from './deliveries-forgetting.js';
import {
  type Addressed,
  type DeliveryOfUser,
  NotificationsErasureRepository,
} from './notifications-erasure.repository.js';

/** Contents may be megabytes. */
const PAGE = 20;
const LOOK_AGAIN_MS = 100;

/** What was sent to a user, by id and by address: the inbox, other deliveries, their timelines and contents. */
@Injectable()
export class NotificationsPersonalData implements PersonalDataPart, OnModuleInit {
  readonly stage = 'content';
  readonly lists = { notifications: (subject: DataSubject) => this.deliveriesOf(subject) };

  constructor(
    private readonly data: PersonalData,
    private readonly stored: NotificationsErasureRepository,
    private readonly forgetting: DeliveriesForgetting,
    private readonly suppressions: SuppressionList,
    @Inject(ENV) private readonly env: ResolvedEnv,
  ) {}

  onModuleInit(): void {
    this.data.register(this);
  }

  addressesOf(clientId: ClientId, userId: UserId): Promise<string[]> {
    return this.stored.formerAddresses(clientId, userId);
  }

  /** Deliveries by the user's id go last: former addresses are known from them. */
  async erase(erasure: Erasure): Promise<number> {
    const { clientId } = erasure;
    const [byUser, byAddress] = addressedTo(erasure);
    for (const addressed of [byAddress, byUser]) await this.stop(clientId, addressed);
    // What was in hand may have bounced after suppressions had been seen to.
    await this.suppressions.forget(clientId, byAddress.names);
    let count = await this.takeOutOfCopies(clientId, byAddress.names);
    for (const addressed of [byAddress, byUser])
      count += await untilNothingIsLeft(() => this.forgetting.forgetSome(clientId, erasure.pseudonym, addressed));
    await this.stored.forgetInbox(clientId, erasure.userId);
    return count;
  }

  /** Cancels what waits, and waits for what is in a worker's hands: its outcome would be written after us. */
  private async stop(clientId: ClientId, addressed: Addressed): Promise<void> {
    const deadline = Date.now() + this.env.WORK_LEASE_SECONDS * 1_000;
    for (;;) {
      await untilNothingIsLeft(() => this.forgetting.cancelSome(clientId, addressed));
      const [inHand] = await this.stored.open(clientId, addressed, ['leased'], 1);
      if (inHand === undefined || Date.now() > deadline) return;
      await delay(LOOK_AGAIN_MS);
    }
  }

  private async takeOutOfCopies(clientId: ClientId, addresses: readonly string[]): Promise<number> {
    if (addresses.length === 0) return 0;
    let count = 0;
    const read = (limit: number, after: string | null) => this.stored.copied(clientId, limit, after);
    for await (const { id, ...copies } of everyRow(PAGE, read, (row) => row.id)) {
      const left = copiesWithout(copies, addresses);
      if (left === null) continue;
      await this.stored.recopy(clientId, id, left);
      count++;
    }
    return count;
  }

  private async *deliveriesOf(subject: DataSubject): AsyncGenerator<DeliveryOfUser> {
    for (const addressed of addressedTo(subject)) {
      const read = (limit: number, after: string | null) => this.stored.page(subject.clientId, addressed, limit, after);
      yield* everyRow(PAGE, read, ({ id }) => id);
    }
  }
}

const addressedTo = ({ userId, addresses }: DataSubject): [Addressed, Addressed] => [
  { by: 'user', names: [userId] },
  { by: 'address', names: addresses },
];

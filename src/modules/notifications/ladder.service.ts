import { Injectable } from '@nestjs/common';
import { type ClientId, Database, type Tx } from '../../platform/database/index.js';
import { WorkStore } from '../../platform/work/index.js';
import { hasReached, moveOf } from './ladder.rules.js';
import { LaddersRepository, type Sibling } from './ladders.repository.js';
import { DELIVERIES } from './notifications.jobs.js';
import { MovesService } from './moves.service.js';

interface Named {
  readonly clientId: ClientId;
  readonly id: string;
  /** Null for one that is on none; absent where that is not known. */
  readonly ladder?: number | null;
}

/** Channels that are tried one after the other until one has reached somebody; every stop of it is a row. */
@Injectable()
export class LadderService {
  constructor(
    private readonly database: Database,
    private readonly ladders: LaddersRepository,
    private readonly moves: MovesService,
    private readonly work: WorkStore,
  ) {}

  /** Of claimed deliveries those that are not needed any more: another step has reached the recipient. */
  async notNeeded(claimed: readonly Named[]): Promise<ReadonlySet<string>> {
    const asked = claimed.filter(({ ladder }) => ladder !== null);
    if (asked.length === 0) return NONE;
    const siblings = await this.ladders.siblings(asked);
    const reachedBy = new Map<string, number>();
    for (const one of siblings) if (hasReached(one, one.routing.until)) reachedBy.set(nameOf(one), one.step);
    const ids = new Set(asked.map(({ id }) => id));
    const isLeft = (one: Sibling): boolean => (reachedBy.get(nameOf(one)) ?? one.step) !== one.step;
    return new Set(siblings.flatMap((one) => (ids.has(one.id) && isLeft(one) ? one.id : [])));
  }

  /** Before deliveries are moved, those of their ladders are locked with them, so that all lock in one order. */
  async lock(tx: Tx, deliveries: readonly Named[]): Promise<void> {
    const onLadders = deliveries.filter(({ ladder }) => ladder !== null);
    if (onLadders.length > 0) await this.ladders.lock(tx, onLadders);
  }

  /** After deliveries moved: ends what is not needed any more, and brings forward what is not to be waited for. */
  async follow(tx: Tx, moved: readonly Named[]): Promise<void> {
    const onLadders = moved.filter(({ ladder }) => ladder !== null);
    if (onLadders.length === 0) return;
    const ladders = new Map<string, Sibling[]>();
    for (const one of await this.ladders.siblings(onLadders, tx))
      if (!ladders.get(nameOf(one))?.push(one)) ladders.set(nameOf(one), [one]);
    const moves = [...ladders.values()].flatMap((siblings) => {
      const [first] = siblings;
      return first ? [moveOf(siblings, first.routing)] : [];
    });
    const dropped = await this.work.conclude(
      tx,
      DELIVERIES,
      moves.flatMap(({ drop }) => drop),
    );
    await this.drop(tx, dropped);
    await this.work.hasten(
      tx,
      DELIVERIES,
      moves.flatMap(({ hasten }) => hasten),
    );
  }

  /** Somebody has seen it. */
  async seen(clientId: ClientId, id: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      const seen = [{ clientId, id }];
      await this.lock(tx, seen);
      await this.follow(tx, seen);
    });
  }

  private async drop(tx: Tx, dropped: readonly Named[]): Promise<void> {
    if (dropped.length === 0) return;
    const reason = 'not_needed' as const;
    const moves = dropped.map(({ clientId, id }) => ({ clientId, id, status: 'skipped' as const, reason }));
    const moved = await this.moves.move(tx, moves);
    this.moves.log(
      tx,
      moved.map(({ clientId, id, notificationId, channel }) => ({
        ...{ clientId, notificationId, deliveryId: id, channel, type: 'skipped' as const, status: 'skipped', reason },
        ...{ providerId: null, attempt: null, durationMs: null, detail: null, decision: null },
      })),
    );
    await this.moves.count(tx, moved);
  }
}

const NONE: ReadonlySet<string> = new Set();
const nameOf = ({ notificationId, ladder }: Sibling): string => `${notificationId} ${ladder}`;

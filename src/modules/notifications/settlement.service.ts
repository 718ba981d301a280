import { Injectable } from '@nestjs/common';
import type { Outcome } from '../../extension/index.js';
import type { Tx } from '../../platform/database/index.js';
import { Fanout } from '../../platform/realtime/index.js';
import type { Ended, Lost, Settled } from '../../platform/work/index.js';
import type { DeliveryReason } from './delivery-status.js';
import type { DeliveryResult } from './delivery.rules.js';
import { InboxItemView } from './inbox.view.js';
import { NOTIFICATION_EVENTS } from './notifications.events.js';
import { type DeliveryInHand, NotificationsRepository } from './notifications.repository.js';
import { type Move, type Moved, type NewTimelineEntry, SettlementsRepository } from './settlements.repository.js';

type SettledDelivery = Settled<DeliveryInHand, DeliveryResult>;

/** Writes how deliveries ended, with what follows: statuses, counts, timeline, and what sockets are told. */
@Injectable()
export class SettlementService {
  constructor(
    private readonly settlements: SettlementsRepository,
    private readonly notifications: NotificationsRepository,
    private readonly fanout: Fanout,
  ) {}

  async settle(tx: Tx, settled: readonly SettledDelivery[]): Promise<void> {
    this.settlements.log(tx, settled.flatMap(attemptEntries));
    const moved = await this.settlements.move(tx, settled.map(moveOf));
    await this.settlements.count(tx, moved);
    const pushes = settled.filter(
      ({ payload, decision }) => payload.channel === 'websocket' && decision.result.status === 'sent',
    );
    if (pushes.length > 0) tx.afterCommit(() => pushes.forEach(({ payload }) => this.push(payload)));
  }

  async lost(tx: Tx, lost: readonly Lost[]): Promise<void> {
    const found = new Map((await this.notifications.load(lost, tx)).map((delivery) => [delivery.id, delivery]));
    const known = lost.flatMap(({ id, fate, claims }) => {
      const delivery = found.get(id);
      return delivery ? [{ delivery, fate, claims }] : [];
    });
    const moved = await this.settlements.move(
      tx,
      known.map(({ delivery: { clientId, id }, fate }): Move =>
        fate === 'crash_loop'
          ? { clientId, id, status: 'failed', reason: 'crash_loop' }
          : { clientId, id, status: fate === 'held' ? 'unknown' : 'retrying', reason: null },
      ),
    );
    this.settlements.log(
      tx,
      known.map(({ delivery, fate, claims }) => ({
        ...about(delivery),
        type: 'lost' as const,
        ...{
          providerId: null,
          attempt: claims,
          durationMs: null,
          detail: 'The worker went away before it could say how the attempt ended.',
        },
        ...(fate === 'crash_loop'
          ? { status: 'failed', reason: 'crash_loop' }
          : { status: fate === 'held' ? 'unknown' : 'retrying', reason: null }),
      })),
    );
    await this.settlements.count(tx, moved);
  }

  /** Deliveries that nobody got to in their time. */
  async expired(tx: Tx, expired: readonly Ended[]): Promise<void> {
    const moves = expired.map(({ clientId, id }): Move => ({ clientId, id, status: 'expired', reason: 'expired' }));
    await this.moved(tx, moves, 'expired');
  }

  /** Deliveries that are not wanted any more; their work has ended. */
  async cancelled(tx: Tx, cancelled: readonly Ended[]): Promise<void> {
    const moves = cancelled.map(({ clientId, id }): Move => ({
      clientId,
      id,
      status: 'cancelled',
      reason: 'cancelled',
    }));
    await this.moved(tx, moves, 'cancelled');
  }

  /** Live sockets took pushes. */
  taken(tx: Tx, deliveries: readonly Ended[]): Promise<Moved[]> {
    const moves = deliveries.map(({ clientId, id }): Move => ({ clientId, id, status: 'delivered', reason: null }));
    return this.moved(tx, moves, 'delivered');
  }

  private async moved(tx: Tx, moves: readonly Move[], type: 'expired' | 'cancelled' | 'delivered'): Promise<Moved[]> {
    const moved = await this.settlements.move(tx, moves);
    const reason = type === 'delivered' ? null : type;
    this.settlements.log(
      tx,
      moved.map(({ clientId, id, notificationId, channel }) => ({
        ...{ clientId, notificationId, deliveryId: id, channel, type, status: type, reason },
        ...{ providerId: null, attempt: null, durationMs: null, detail: null },
      })),
    );
    await this.settlements.count(tx, moved);
    return moved;
  }

  private push(delivery: DeliveryInHand): void {
    const { clientId, userId, roomId, createdAt } = delivery;
    const audience =
      userId === null ? ({ kind: 'room', id: roomId ?? '' } as const) : ({ kind: 'user', id: userId } as const);
    const data = InboxItemView.of(delivery);
    this.fanout.publish({
      clientId,
      audience,
      ev: NOTIFICATION_EVENTS.created,
      ...(roomId && { roomId }),
      ts: createdAt.toISOString(),
      data,
    });
  }
}

const about = ({ clientId, id, notificationId, channel }: DeliveryInHand) => ({
  clientId,
  notificationId,
  deliveryId: id,
  channel,
});

const moveOf = ({ payload, claim, decision: { end, result } }: SettledDelivery): Move => ({
  ...{ clientId: payload.clientId, id: payload.id, status: result.status, reason: result.reason },
  ...{ providerId: result.tries.at(-1)?.providerId ?? null, providerRef: result.providerRef },
  attempts: claim.attempts + (end === 'postpone' ? 0 : 1),
});

/** An entry for each provider that was called; what became of the delivery stands in the last. */
const attemptEntries = ({ payload, claim, decision: { result } }: SettledDelivery): NewTimelineEntry[] => {
  const { status, reason } = result;
  const attempt = { ...about(payload), type: 'attempt' as const, attempt: claim.claims };
  const nobody = { ...attempt, providerId: null, durationMs: null, detail: null, status, reason };
  if (result.tries.length === 0) return [nobody];
  return result.tries.map(({ providerId, durationMs, outcome }, n) => ({
    ...{ ...attempt, providerId, durationMs, detail: outcome.detail ?? null },
    ...(n === result.tries.length - 1 ? { status, reason } : { status: 'retrying', reason: whyNext(outcome) }),
  }));
};

const whyNext = (outcome: Outcome): DeliveryReason | null => {
  if (outcome.kind === 'rejected') return outcome.reason;
  return outcome.kind === 'failed' && outcome.timedOut ? 'provider_timeout' : null;
};

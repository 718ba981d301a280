import { Injectable } from '@nestjs/common';
import type { Tx } from '../../platform/database/index.js';
import { Fanout } from '../../platform/realtime/index.js';
import type { Lost, Settled } from '../../platform/work/index.js';
import type { DeliveryResult } from './delivery.rules.js';
import { InboxItemView } from './inbox.view.js';
import { type DeliveryInHand, NotificationsRepository } from './notifications.repository.js';
import { type Move, type Moved, SettlementsRepository } from './settlements.repository.js';

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
    const moved = await this.settlements.move(tx, settled.map(moveOf));
    await this.settlements.log(tx, settled.map(attemptEntry));
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
    await this.settlements.log(
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

  /** Live sockets took pushes. */
  async taken(tx: Tx, deliveries: readonly { clientId: string; id: string }[]): Promise<Moved[]> {
    const moved = await this.settlements.move(
      tx,
      deliveries.map(({ clientId, id }): Move => ({ clientId, id, status: 'delivered', reason: null })),
    );
    await this.settlements.log(
      tx,
      moved.map(({ clientId, id, notificationId, channel }) => ({
        ...{ clientId, notificationId, deliveryId: id, channel, status: 'delivered' },
        type: 'delivered' as const,
        ...{ providerId: null, attempt: null, durationMs: null, reason: null, detail: null },
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
      ev: 'notification.created',
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
  ...{
    clientId: payload.clientId,
    id: payload.id,
    status: result.status,
    reason: result.reason,
    providerId: result.providerId,
    providerRef: result.providerRef,
  },
  attempts: claim.attempts + (end === 'postpone' ? 0 : 1),
});

const attemptEntry = ({ payload, claim, decision: { result } }: SettledDelivery) => ({
  ...about(payload),
  type: 'attempt' as const,
  ...{
    providerId: result.providerId,
    attempt: claim.claims,
    durationMs: result.durationMs,
    status: result.status,
    reason: result.reason,
    detail: result.detail,
  },
});

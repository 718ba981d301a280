import { Injectable } from '@nestjs/common';
import type { Tx } from '../../platform/database/index.js';
import { Fanout } from '../../platform/realtime/index.js';
import type { Ended, Lost, Settled } from '../../platform/work/index.js';
import { DeviceAddresses } from '../users/index.js';
import { isOpen } from './delivery-status.js';
import type { DeliveryResult } from './delivery.rules.js';
import { InboxRepository } from './inbox.repository.js';
import { InboxItemView } from './inbox.view.js';
import { LadderService } from './ladder.service.js';
import { NOTIFICATION_EVENTS } from './notifications.events.js';
import { type DeliveryInHand, NotificationsRepository } from './notifications.repository.js';
import { MovesService } from './moves.service.js';
import type { Move, Moved, NewTimelineEntry } from './settlements.repository.js';
import { type Unwelcome, UnwelcomeRecipients } from './unwelcome.js';
import { attemptEntries, entryOf, type Happening, moveOf } from './settlement.entries.js';

type SettledDelivery = Settled<DeliveryInHand, DeliveryResult>;

/** Writes how deliveries ended, with what follows: statuses, counts, timeline, ladders, and what sockets are told. */
@Injectable()
export class SettlementService {
  constructor(
    private readonly moves: MovesService,
    private readonly notifications: NotificationsRepository,
    private readonly ladders: LadderService,
    private readonly inbox: InboxRepository,
    private readonly devices: DeviceAddresses,
    private readonly unwelcome: UnwelcomeRecipients,
    private readonly fanout: Fanout,
  ) {}

  async settle(tx: Tx, settled: readonly SettledDelivery[]): Promise<void> {
    const payloads = settled.map(({ payload }) => payload);
    await this.ladders.lock(tx, payloads);
    this.moves.log(tx, settled.flatMap(attemptEntries));
    await this.move(tx, settled.map(moveOf));
    for (const { payload, decision } of settled) await this.forgetDevice(tx, payload, decision.result);
    const pushes = settled.filter(
      ({ payload, decision }) =>
        payload.channel === 'websocket' && isOpen(payload.status) && decision.result.status === 'sent',
    );
    if (pushes.length > 0) tx.afterCommit(() => pushes.forEach(({ payload }) => this.push(payload)));
  }

  async lost(tx: Tx, lost: readonly Lost[]): Promise<void> {
    const found = new Map((await this.notifications.load(lost, tx)).map((delivery) => [delivery.id, delivery]));
    const known = lost.flatMap(({ id, fate, claims }) => {
      const delivery = found.get(id);
      return delivery ? [{ delivery, claims, ...becomes(fate) }] : [];
    });
    const detail = 'The worker went away before it could say how the attempt ended.';
    this.moves.log(
      tx,
      known.map(({ delivery, claims: attempt, status, reason }) =>
        entryOf(delivery, { type: 'lost', attempt, detail, status, reason }),
      ),
    );
    await this.ladders.lock(
      tx,
      known.map(({ delivery }) => delivery),
    );
    await this.move(
      tx,
      known.map(({ delivery: { clientId, id }, status, reason }) => ({ clientId, id, status, reason })),
    );
  }

  /** Deliveries that nobody got to in their time. */
  async expired(tx: Tx, expired: readonly Ended[]): Promise<void> {
    await this.happened(tx, expired, { type: 'expired', status: 'expired', reason: 'expired' });
  }

  /** Deliveries that are not wanted any more; their work has ended. */
  async cancelled(tx: Tx, cancelled: readonly Ended[]): Promise<void> {
    await this.happened(tx, cancelled, { type: 'cancelled', status: 'cancelled', reason: 'cancelled' });
  }

  /** Providers told of deliveries, whose rows and ladders are locked. */
  async told(tx: Tx, moves: readonly Move[], entries: readonly NewTimelineEntry[]): Promise<void> {
    this.moves.log(tx, entries);
    if (moves.length > 0) await this.move(tx, moves);
  }

  /** Live sockets took pushes. */
  taken(tx: Tx, deliveries: readonly Ended[]): Promise<Moved[]> {
    return this.happened(tx, deliveries, { type: 'delivered', status: 'delivered', reason: null });
  }

  /** The same befell deliveries. @returns those that moved by it */
  async happened(tx: Tx, deliveries: readonly Ended[], happening: Happening): Promise<Moved[]> {
    const { status, reason } = happening;
    await this.ladders.lock(tx, deliveries);
    const moved = await this.move(
      tx,
      deliveries.map(({ clientId, id }) => ({ clientId, id, status, reason })),
    );
    this.moves.log(
      tx,
      moved.map((delivery) => entryOf(delivery, happening)),
    );
    return moved;
  }

  private async move(tx: Tx, moves: readonly Move[]): Promise<Moved[]> {
    const moved = await this.moves.move(tx, moves);
    this.inbox.arrived(tx, moved.flatMap(arrivalOf));
    await this.moves.count(tx, moved);
    await this.ladders.follow(tx, moved);
    await this.unwelcome.suppress(tx, moved.flatMap(bounceOf));
    return moved;
  }

  /** A device that its push service knows no more. */
  private async forgetDevice(
    tx: Tx,
    { clientId, userId, deviceId }: DeliveryInHand,
    { tries }: DeliveryResult,
  ): Promise<void> {
    const isGone = tries.some(({ outcome }) => outcome.kind === 'rejected' && outcome.isGone);
    if (isGone && deviceId !== null && userId !== null) await this.devices.forget(tx, clientId, userId, deviceId);
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

/** What bounced for good is not written to again. */
const bounceOf = ({ clientId, channel, recipient: address, id: deliveryId, status, before }: Moved): Unwelcome[] =>
  status === 'bounced' && before !== 'bounced'
    ? [{ clientId, channel, address, deliveryId, reason: 'hard_bounce' }]
    : [];

/** In the inbox of a user; a room has none. */
const arrivalOf = ({ clientId, userId, channel, isFirstSent }: Moved) =>
  channel === 'websocket' && userId !== null && isFirstSent ? [{ clientId, userId }] : [];

function becomes(fate: Lost['fate']): Pick<Move, 'status' | 'reason'> {
  if (fate === 'crash_loop') return { status: 'failed', reason: 'crash_loop' };
  return { status: fate === 'held' ? 'unknown' : 'retrying', reason: null };
}

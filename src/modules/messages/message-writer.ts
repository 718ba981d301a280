import { Injectable } from '@nestjs/common';
import { Database, type Tx } from '../../platform/database/index.js';
import { DomainError, NotFound } from '../../platform/errors/index.js';
import { type OutboundEvent, Outbox } from '../../platform/outbox/index.js';
import { Fanout } from '../../platform/realtime/index.js';
import { aboutRoom, ROOM_EVENTS, RoomNews, RoomsRepository } from '../rooms/index.js';
import { UsersRepository } from '../users/index.js';
import { Batch, type Numbered, type Revival } from './batch.js';
import type { Draft } from './draft.js';
import { MessageView } from './message.view.js';
import { MESSAGE_EVENTS } from './messages.events.js';
import { MessagesRepository } from './messages.repository.js';

/** What became of a draft: a message, this one or an earlier one. */
export interface Written {
  readonly message: MessageView;
  readonly duplicate: boolean;
}

/** Each draft's end, in the order of the drafts. */
export type Outcome = Written | DomainError;

/**
 * Writes drafts in one transaction: locks their rooms in id order, gives out `seq` and `offset` under the locks, stores
 * everything at once, hands it to the outbox, and tells sockets after the commit. A refused draft takes no number and harms no neighbour.
 */
@Injectable()
export class MessageWriter {
  constructor(
    private readonly database: Database,
    private readonly messages: MessagesRepository,
    private readonly rooms: RoomsRepository,
    private readonly users: UsersRepository,
    private readonly news: RoomNews,
    private readonly outbox: Outbox,
    private readonly fanout: Fanout,
  ) {}

  write(drafts: readonly Draft[]): Promise<Outcome[]> {
    return this.database.transaction((tx) => this.writeIn(tx, drafts));
  }

  async writeIn(tx: Tx, drafts: readonly Draft[]): Promise<Outcome[]> {
    // One round trip; the standings are read when the locks are held, because statements run in their order.
    const [locked, standings] = await Promise.all([
      this.messages.lockRooms(tx, drafts),
      this.messages.standings(tx, drafts),
    ]);
    const batch = new Batch(drafts, locked, standings);
    if (batch.messages.length > 0) await this.store(tx, batch);
    const earlier = await this.earlier(tx, batch);
    return batch.results.map((result) => {
      if (result instanceof DomainError) return result;
      if ('numbered' in result) return { message: result.numbered, duplicate: result.duplicate };
      const message = earlier.get(result.of);
      return message ? { message, duplicate: true } : new NotFound();
    });
  }

  private async store(tx: Tx, batch: Batch): Promise<void> {
    for (const [clientId, userIds] of batch.strangers) await this.users.mention(clientId, userIds, tx);
    this.messages.append(tx, batch.moves, batch.messages);
    for (const revival of batch.revivals) await this.tellRevival(tx, revival);
    await this.outbox.tell(tx, batch.views.map(outboundOf));
    tx.afterCommit(() => {
      for (const { draft, view } of batch.views) {
        const { clientId, roomId } = draft;
        const audience = { kind: 'room', id: roomId } as const;
        this.fanout.publish({
          clientId,
          audience,
          ev: MESSAGE_EVENTS.created,
          roomId,
          offset: view.offset,
          ts: view.createdAt,
          data: view,
        });
      }
    });
  }

  /** `room.reactivated` has the offset before the message that woke the room. */
  private async tellRevival(tx: Tx, { clientId, roomId, offset, lastSeq, hops }: Revival): Promise<void> {
    const room = await this.rooms.lock(tx, clientId, roomId);
    if (!room) return;
    const asWoken = { ...room, head: offset, lastSeq };
    await this.news.tell(tx, asWoken, { ...aboutRoom(ROOM_EVENTS.reactivated, asWoken), hops });
  }

  private async earlier(tx: Tx, batch: Batch): Promise<Map<string, MessageView>> {
    const found = new Map<string, MessageView>();
    for (const [clientId, ids] of batch.earlierIds) {
      for (const message of await this.messages.findMany(clientId, ids, tx))
        found.set(message.id, MessageView.of(message));
    }
    return found;
  }
}

const outboundOf = ({ draft: { clientId, roomId, hops }, view }: Numbered): OutboundEvent => ({
  clientId,
  type: MESSAGE_EVENTS.created,
  at: new Date(view.createdAt),
  room: { id: roomId, offset: view.offset },
  hops,
  data: () => view,
});

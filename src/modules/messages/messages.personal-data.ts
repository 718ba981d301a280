import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Database, type Tx } from '../../platform/database/index.js';
import { type Announcement, RoomSeries } from '../rooms/index.js';
import {
  type DataSubject,
  ERASED_AT_ONCE,
  type Erasure,
  everyRow,
  PersonalData,
  type PersonalDataPart,
  untilNothingIsLeft,
} from '../users/index.js';
import { aboutMessage } from './message-changes.js';
import { MessageView } from './message.view.js';
import { MESSAGE_EVENTS } from './messages.events.js';
import { MessagesErasureRepository, type Placed, type ReactionOfUser } from './messages-erasure.repository.js';
import { MessagesRepository } from './messages.repository.js';
import { aboutReaction } from './reactions.service.js';
import type { StoredMessage } from './stored-message.js';

const PAGE = 200;

/** What a user said, reacted, and was mentioned in. Each change is an event of its room, like any other. */
@Injectable()
export class MessagesPersonalData implements PersonalDataPart, OnModuleInit {
  readonly stage = 'content';
  readonly lists = {
    messages: (subject: DataSubject) => this.messagesOf(subject),
    reactions: (subject: DataSubject) => this.reactionsOf(subject),
  };

  constructor(
    private readonly data: PersonalData,
    private readonly database: Database,
    private readonly stored: MessagesErasureRepository,
    private readonly messages: MessagesRepository,
    private readonly series: RoomSeries,
  ) {}

  onModuleInit(): void {
    this.data.register(this);
  }

  async erase(erasure: Erasure): Promise<number> {
    const unreacted = await untilNothingIsLeft(() => this.unreactSome(erasure));
    const entombed = await untilNothingIsLeft(() => this.entombSome(erasure));
    return unreacted + entombed + (await untilNothingIsLeft(() => this.unmentionSome(erasure)));
  }

  /** Tombstones keep their places. */
  private async entombSome(erasure: Erasure): Promise<number> {
    const { clientId, userId } = erasure;
    const sent = await this.stored.sent(clientId, userId, ERASED_AT_ONCE);
    await this.inTheirRooms(erasure, sent, async (tx) => {
      const live = await this.stored.entomb(tx, clientId, idsOf(sent), erasure);
      await this.tell(tx, erasure, placedIn(sent, live), () => aboutMessage(MESSAGE_EVENTS.deleted));
    });
    return sent.length;
  }

  private async unmentionSome(erasure: Erasure): Promise<number> {
    const { clientId, userId } = erasure;
    const mentioning = await this.stored.mentioning(clientId, userId, ERASED_AT_ONCE);
    await this.inTheirRooms(erasure, mentioning, async (tx) => {
      const changed = await this.stored.unmention(tx, clientId, idsOf(mentioning), userId);
      await this.tell(tx, erasure, placedIn(mentioning, changed), () => aboutMessage(MESSAGE_EVENTS.updated));
    });
    return mentioning.length;
  }

  /** Live sockets are told whose reaction went; the feed keeps the pseudonym. */
  private async unreactSome(erasure: Erasure): Promise<number> {
    const { clientId, userId, pseudonym } = erasure;
    const reacted = await this.stored.reacted(clientId, userId, ERASED_AT_ONCE);
    await this.inTheirRooms(erasure, reacted, async (tx) => {
      const gone = await this.stored.unreact(tx, clientId, reacted, userId);
      const roomOf = new Map(reacted.map(({ id, roomId }) => [id, roomId]));
      const placed = gone.map(({ id, emoji }) => ({ id, emoji, roomId: roomOf.get(id) ?? '' }));
      const removed = ({ emoji }: { emoji: string }) => {
        const announce = aboutReaction(MESSAGE_EVENTS.reactionRemoved, { emoji, userId });
        return (message: StoredMessage): Announcement => ({ ...announce(message), userId: pseudonym });
      };
      await this.tell(tx, erasure, placed, removed);
    });
    return reacted.length;
  }

  private async inTheirRooms(
    { clientId }: Erasure,
    placed: readonly Placed[],
    change: (tx: Tx) => Promise<void>,
  ): Promise<void> {
    if (placed.length === 0) return;
    const roomIds = placed.map(({ roomId }) => roomId);
    await this.database.transaction(async (tx) => {
      await this.series.lock(tx, clientId, roomIds);
      await change(tx);
    });
  }

  /** An event for each change, of the message as it is after all of them. */
  private async tell<Change extends Placed>(
    tx: Tx,
    { clientId }: Erasure,
    changes: readonly Change[],
    about: (change: Change) => (message: StoredMessage) => Announcement,
  ): Promise<void> {
    if (changes.length === 0) return;
    const after = await this.messages.findMany(clientId, [...new Set(idsOf(changes))], tx);
    const byId = new Map(after.map((message) => [message.id, message]));
    const series = changes.flatMap((change) => {
      const message = byId.get(change.id);
      return message ? [{ roomId: change.roomId, announcement: about(change)(message) }] : [];
    });
    await this.series.tell(tx, clientId, series);
  }

  private async *messagesOf({ clientId, userId }: DataSubject): AsyncGenerator<MessageView> {
    const read = (limit: number, after: string | null) => this.stored.pageSent(clientId, userId, limit, after);
    for await (const message of everyRow(PAGE, read, ({ id }) => id)) yield MessageView.of(message);
  }

  private reactionsOf({ clientId, userId }: DataSubject): AsyncGenerator<ReactionOfUser> {
    const read = (limit: number, after: ReactionOfUser | null) =>
      this.stored.pageReactions(clientId, userId, limit, after);
    return everyRow(PAGE, read, (reaction) => reaction);
  }
}

const idsOf = (placed: readonly Placed[]): string[] => placed.map(({ id }) => id);
const placedIn = (placed: readonly Placed[], ids: ReadonlySet<string>): Placed[] =>
  placed.filter(({ id }) => ids.has(id));

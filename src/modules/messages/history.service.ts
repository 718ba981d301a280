import { Injectable } from '@nestjs/common';
import { isUuid } from '../../platform/database/index.js';
import { InvalidInput, NotFound } from '../../platform/errors/index.js';
import { decodeCursor, encodeCursor, isCount, isText, isTime, type Page, pageOf } from '../../platform/http/index.js';
import type { Principal } from '../../platform/security/index.js';
import { RoomAccess } from '../rooms/index.js';
import { MessagesRepository } from './messages.repository.js';
import type { StoredMessage } from './stored-message.js';

export interface HistoryWish {
  readonly roomId: string;
  readonly limit: number;
  readonly before?: number;
  readonly after?: number;
  readonly around?: number;
  readonly cursor?: string;
}

/** Which way a page goes from which seq. */
type Direction = 'before' | 'after';

/** Pages of a room's messages, by seq: nothing is missed or shown twice while new ones arrive. */
@Injectable()
export class HistoryService {
  constructor(
    private readonly messages: MessagesRepository,
    private readonly access: RoomAccess,
  ) {}

  async page(caller: Principal, wish: HistoryWish): Promise<Page<StoredMessage>> {
    assertOneWay(wish);
    const { room } = await this.access.visible(caller, wish.roomId);
    if (wish.around !== undefined) return this.around(caller, wish, wish.around);
    if (wish.cursor !== undefined) return this.oneWay(caller, wish, ...placeOf(wish.cursor));
    if (wish.after !== undefined) return this.oneWay(caller, wish, 'after', wish.after);
    return this.oneWay(caller, wish, 'before', wish.before ?? room.lastSeq + 1);
  }

  /** Oldest first. @throws NotFound */
  async replies(
    caller: Principal,
    id: string,
    limit: number,
    cursor: string | undefined,
  ): Promise<Page<StoredMessage>> {
    const message = await this.messages.find(caller.clientId, id);
    if (!message || !(await this.access.maySee(caller, message.roomId))) throw new NotFound();
    const after = cursor === undefined ? 0 : Number(decodeCursor(cursor, [isCount])[0]);
    return pageOf(
      await this.messages.replies(caller.clientId, id, after, limit + 1),
      limit,
      (reply) => reply,
      ({ seq }) => [seq],
    );
  }

  /** The pinned messages of a room, the last pinned first. @throws NotFound */
  async pinned(
    caller: Principal,
    roomId: string,
    limit: number,
    cursor: string | undefined,
  ): Promise<Page<StoredMessage>> {
    await this.access.visible(caller, roomId);
    const [at, id] = cursor === undefined ? [] : decodeCursor(cursor, [isTime, isUuid]);
    const before = at === undefined ? null : { at: String(at), id: String(id) };
    return pageOf(
      await this.messages.pinned(caller.clientId, roomId, before, limit + 1),
      limit,
      (message) => message,
      (message) => [message.pinnedAt?.toISOString() ?? '', message.id],
    );
  }

  private async oneWay(
    { clientId }: Principal,
    { roomId, limit }: HistoryWish,
    direction: Direction,
    seq: number,
  ): Promise<Page<StoredMessage>> {
    const rows = await this.messages[direction](clientId, roomId, seq, limit + 1);
    const data = rows.slice(0, limit);
    const last = data.at(-1);
    return { data, nextCursor: rows.length > limit && last ? encodeCursor([direction, last.seq]) : null };
  }

  /** Newest first, the message itself in the middle; the cursor goes on to older ones. */
  private async around(
    { clientId }: Principal,
    { roomId, limit }: HistoryWish,
    seq: number,
  ): Promise<Page<StoredMessage>> {
    const newer = await this.messages.after(clientId, roomId, seq, Math.floor(limit / 2));
    const older = await this.messages.before(clientId, roomId, seq + 1, limit - newer.length + 1);
    const shown = older.slice(0, limit - newer.length);
    const last = shown.at(-1);
    return {
      data: [...newer.reverse(), ...shown],
      nextCursor: older.length > shown.length && last ? encodeCursor(['before', last.seq]) : null,
    };
  }
}

function assertOneWay({ before, after, around, cursor }: HistoryWish): void {
  const given = Object.entries({ before, after, around, cursor }).filter(([, value]) => value !== undefined);
  if (given.length > 1)
    throw InvalidInput.at(`/${given[1]?.[0] ?? ''}`, 'one_of', 'give one of before, after, around and cursor');
}

const isDirection = (value: unknown): boolean => isText(value) && (value === 'before' || value === 'after');

function placeOf(cursor: string): [Direction, number] {
  const [direction, seq] = decodeCursor(cursor, [isDirection, isCount]);
  return [direction as Direction, Number(seq)];
}

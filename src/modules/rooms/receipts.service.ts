import { Injectable } from '@nestjs/common';
import { NotFound } from '../../platform/errors/index.js';
import { Coalescer, Fanout } from '../../platform/realtime/index.js';
import type { UserPrincipal } from '../../platform/security/index.js';
import { type Pointers, ReceiptsRepository } from './receipts.repository.js';
import { RECEIPT_UPDATED } from './rooms.events.js';

/** A room is told of one member at most this often; of what happens between, the last. */
const TELL_EVERY_MS = 1_000;

/** How far a member has got and read. Forward only, and never past the last message. */
@Injectable()
export class ReceiptsService {
  private readonly updates = new Coalescer(TELL_EVERY_MS);

  constructor(
    private readonly receipts: ReceiptsRepository,
    private readonly fanout: Fanout,
  ) {}

  /** @throws NotFound */
  async read(
    caller: UserPrincipal,
    roomId: string,
    seq: number,
  ): Promise<{ roomId: string; lastReadSeq: number; unreadCount: number }> {
    const { readSeq, lastSeq } = await this.move(caller, roomId, { readSeq: seq, deliveredSeq: seq });
    return { roomId, lastReadSeq: readSeq, unreadCount: lastSeq - readSeq };
  }

  /** @throws NotFound */
  async delivered(
    caller: UserPrincipal,
    roomId: string,
    seq: number,
  ): Promise<{ roomId: string; lastDeliveredSeq: number }> {
    const { deliveredSeq } = await this.move(caller, roomId, { readSeq: 0, deliveredSeq: seq });
    return { roomId, lastDeliveredSeq: deliveredSeq };
  }

  private async move(
    { clientId, userId }: UserPrincipal,
    roomId: string,
    to: { readonly readSeq: number; readonly deliveredSeq: number },
  ): Promise<Pointers> {
    const pointers = await this.receipts.move(clientId, roomId, userId, to);
    if (!pointers) throw new NotFound();
    const { readSeq, deliveredSeq, hasMoved } = pointers;
    const audience = { kind: 'room', id: roomId } as const;
    const data = { userId, deliveredSeq, readSeq };
    if (hasMoved)
      this.updates.run(`${clientId}/${roomId}/${userId}`, () => {
        const ts = new Date().toISOString();
        this.fanout.publish({ clientId, audience, ev: RECEIPT_UPDATED, roomId, ts, data });
      });
    return pointers;
  }
}

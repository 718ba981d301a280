import { Injectable } from '@nestjs/common';
import type { Principal } from '../../platform/security/index.js';
import { FanoutMemory } from './fanout-memory.js';
import { MessagesService } from './messages.service.js';
import { type Receipt, ReceiptsRepository } from './receipts.repository.js';

/** Larger rooms are told of those who have got furthest. */
const RECEIPTS_MAX = 1_000;

/** One step of a message's way to its readers. */
export interface TraceStep {
  readonly step: 'stored' | 'fanned_out' | 'delivered' | 'read';
  readonly at: Date;
  readonly userId?: string;
  /** Of `fanned_out`: how many sockets of a node it was written to. */
  readonly sockets?: number;
}

/** How far a message has come. */
@Injectable()
export class TraceService {
  constructor(
    private readonly messages: MessagesService,
    private readonly stored: ReceiptsRepository,
    private readonly fanouts: FanoutMemory,
  ) {}

  /** Whom it has reached and who has read it; the sender is not among them. @throws NotFound */
  async receipts(caller: Principal, id: string): Promise<Receipt[]> {
    const message = await this.messages.get(caller, id);
    return this.stored.ofMessage(caller.clientId, message, RECEIPTS_MAX);
  }

  /** Everything known of its way, in the order of time. @throws NotFound */
  async steps(caller: Principal, id: string): Promise<TraceStep[]> {
    const message = await this.messages.get(caller, id);
    const [receipts, fanouts] = await Promise.all([
      this.stored.ofMessage(caller.clientId, message, RECEIPTS_MAX),
      this.fanouts.recall(caller.clientId, id),
    ]);
    const steps: TraceStep[] = [
      { step: 'stored', at: message.createdAt },
      ...fanouts.map(({ at, sockets }) => ({ step: 'fanned_out' as const, at, sockets })),
      ...receipts.flatMap(({ userId, deliveredAt: at }) => (at ? [{ step: 'delivered' as const, at, userId }] : [])),
      ...receipts.flatMap(({ userId, readAt: at }) => (at ? [{ step: 'read' as const, at, userId }] : [])),
    ];
    return steps.sort((a, b) => a.at.getTime() - b.at.getTime());
  }
}

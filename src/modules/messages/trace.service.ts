import { Injectable } from '@nestjs/common';
import type { ClientId } from '../../platform/database/index.js';
import type { Principal } from '../../platform/security/index.js';
import { FanoutMemory } from './fanout-memory.js';
import { MessagesService } from './messages.service.js';
import { type Receipt, ReceiptsRepository } from './receipts.repository.js';
import type { StoredMessage } from './stored-message.js';

/** Larger rooms are told of those who have got furthest. */
const RECEIPTS_MAX = 1_000;

export const TRACE_STEPS = ['stored', 'fanned_out', 'delivered', 'read', 'escalated', 'unreachable'] as const;

/** One step of a message's way to its readers. */
export interface TraceStep {
  readonly step: (typeof TRACE_STEPS)[number];
  readonly at: Date;
  readonly userId?: string;
  /** Of `fanned_out`: how many sockets of a node it was written to. */
  readonly sockets?: number;
  /** Of `escalated`: where it went, and as which notification. */
  readonly channel?: string;
  readonly notificationId?: string;
}

/** What another module knows of the way of a message. */
export type TraceSource = (clientId: ClientId, message: StoredMessage) => Promise<readonly TraceStep[]>;

/** How far a message has come. */
@Injectable()
export class TraceService {
  private readonly sources: TraceSource[] = [];

  constructor(
    private readonly messages: MessagesService,
    private readonly stored: ReceiptsRepository,
    private readonly fanouts: FanoutMemory,
  ) {}

  /** Modules that messages know nothing of tell what they did with them. */
  register(source: TraceSource): void {
    this.sources.push(source);
  }

  /** Whom it has reached and who has read it; the sender is not among them. @throws NotFound */
  async receipts(caller: Principal, id: string): Promise<Receipt[]> {
    const message = await this.messages.get(caller, id);
    return this.stored.ofMessage(caller.clientId, message, RECEIPTS_MAX);
  }

  /** Everything known of its way, in the order of time. @throws NotFound */
  async steps(caller: Principal, id: string): Promise<TraceStep[]> {
    const message = await this.messages.get(caller, id);
    const [receipts, fanouts, others] = await Promise.all([
      this.stored.ofMessage(caller.clientId, message, RECEIPTS_MAX),
      this.fanouts.recall(caller.clientId, id),
      Promise.all(this.sources.map((source) => source(caller.clientId, message))),
    ]);
    const steps: TraceStep[] = [
      { step: 'stored', at: message.createdAt },
      ...fanouts.map(({ at, sockets }) => ({ step: 'fanned_out' as const, at, sockets })),
      ...receipts.flatMap(({ userId, deliveredAt: at }) => (at ? [{ step: 'delivered' as const, at, userId }] : [])),
      ...receipts.flatMap(({ userId, readAt: at }) => (at ? [{ step: 'read' as const, at, userId }] : [])),
      ...others.flat(),
    ];
    return steps.sort((a, b) => a.at.getTime() - b.at.getTime());
  }
}

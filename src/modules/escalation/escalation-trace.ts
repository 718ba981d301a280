import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { ClientId } from '../../platform/database/index.js';
import { type StoredMessage, TraceService, type TraceStep } from '../messages/index.js';
import { NO_CHANNEL } from './ladder.rules.js';
import { ToldRepository } from './told.repository.js';

/** Larger rooms are told of those who came first. */
const STEPS_MAX = 1_000;

/** Tells to whom a message was escalated, in its trace. */
@Injectable()
export class EscalationTrace implements OnModuleInit {
  constructor(
    private readonly trace: TraceService,
    private readonly told: ToldRepository,
  ) {}

  onModuleInit(): void {
    this.trace.register((clientId, message) => this.steps(clientId, message));
  }

  private async steps(clientId: ClientId, message: StoredMessage): Promise<TraceStep[]> {
    if (message.type === 'system') return [];
    const told = await this.told.ofMessage(clientId, message, STEPS_MAX);
    return told.map(({ userId, channel, notificationId, at }) =>
      channel === NO_CHANNEL || notificationId === null
        ? { step: 'unreachable', at, userId }
        : { step: 'escalated', at, userId, channel, notificationId },
    );
  }
}

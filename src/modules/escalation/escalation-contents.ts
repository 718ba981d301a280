import { Injectable, type OnModuleInit } from '@nestjs/common';
import { LateContents } from '../notifications/index.js';
import { contentsOf } from './content.rules.js';
import { ESCALATION } from './escalation.service.js';
import { ToldRepository } from './told.repository.js';

/** Says what a member misses when it is sent; what was read by then, on whatever device, is not sent. */
@Injectable()
export class EscalationContents implements OnModuleInit {
  constructor(
    private readonly contents: LateContents,
    private readonly told: ToldRepository,
  ) {}

  onModuleInit(): void {
    this.contents.register(ESCALATION, async (clientId, notificationId) => {
      const news = await this.told.news(clientId, notificationId);
      return news && contentsOf(news);
    });
  }
}

import { Injectable, type OnModuleInit } from '@nestjs/common';
import { LateContents } from '../notifications/index.js';
import { AlertsRepository } from './alerts.repository.js';
import { ALERTS } from './alerts.service.js';
import { mailOf } from './digest.rules.js';

/** Says what a digest says when it is sent, from the alerts themselves: nothing of them is kept twice. */
@Injectable()
export class AlertContents implements OnModuleInit {
  constructor(
    private readonly contents: LateContents,
    private readonly alerts: AlertsRepository,
  ) {}

  onModuleInit(): void {
    this.contents.register(ALERTS, async (clientId, notificationId) => {
      const digest = await this.alerts.digest(clientId, notificationId);
      return digest && { email: mailOf(digest) };
    });
  }
}

import { Injectable, type OnModuleInit } from '@nestjs/common';
import { RecurringJobs } from '../../platform/queue/index.js';
import { AlertsRepository } from './alerts.repository.js';
import { AlertsService } from './alerts.service.js';

const SWEEP_EVERY_SECONDS = 2;
const CLEAN_EVERY_SECONDS = 3_600;
const KEPT_DAYS = 30;

/** Has alerts told when their time has come, and removed when nobody needs them any more, by itself. */
@Injectable()
export class AlertsSweep implements OnModuleInit {
  constructor(
    private readonly jobs: RecurringJobs,
    private readonly alerts: AlertsService,
    private readonly stored: AlertsRepository,
  ) {}

  onModuleInit(): void {
    const sweep = () => this.alerts.sweep();
    this.jobs.register({ name: 'alerts.sweep', everySeconds: SWEEP_EVERY_SECONDS, run: sweep });
    this.jobs.register({ name: 'alerts.clean', everySeconds: CLEAN_EVERY_SECONDS, run: () => this.clean() });
  }

  async clean(): Promise<void> {
    while (await this.stored.prune(KEPT_DAYS));
  }
}

import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ENV, type ResolvedEnv } from '../../config/index.js';
import { RecurringJobs } from '../../platform/queue/index.js';
import { ForgettingRepository } from './forgetting.repository.js';

const EVERY_SECONDS = 600;

/** Has old events removed with all that became of them, and what is left of removed endpoints, batch by batch. */
@Injectable()
export class EndpointsCleaning implements OnModuleInit {
  constructor(
    private readonly jobs: RecurringJobs,
    private readonly stored: ForgettingRepository,
    @Inject(ENV) private readonly env: ResolvedEnv,
  ) {}

  onModuleInit(): void {
    this.jobs.register({ name: 'endpoints.clean', everySeconds: EVERY_SECONDS, run: () => this.clean() });
  }

  async clean(): Promise<void> {
    while (await this.stored.forgetOld(this.env.WEBHOOK_RETENTION_DAYS));
    while (await this.stored.forgetDeleted());
  }
}

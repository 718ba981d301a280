import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ENV, type ResolvedEnv } from '../../config/index.js';
import { RecurringJobs } from '../../platform/queue/index.js';
import { EscalationService } from './escalation.service.js';

/** Has what is left unread escalated every `ESCALATION_SWEEP_SECONDS`, by itself. */
@Injectable()
export class EscalationSweep implements OnModuleInit {
  constructor(
    private readonly jobs: RecurringJobs,
    private readonly escalation: EscalationService,
    @Inject(ENV) private readonly env: ResolvedEnv,
  ) {}

  onModuleInit(): void {
    this.jobs.register({
      name: 'escalation.sweep',
      everySeconds: this.env.ESCALATION_SWEEP_SECONDS,
      run: () => this.escalation.sweep(),
    });
  }
}

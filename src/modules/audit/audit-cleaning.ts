import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ENV, type ResolvedEnv } from '../../config/index.js';
import { idBefore } from '../../platform/database/index.js';
import { RecurringJobs } from '../../platform/queue/index.js';
import { AuditRepository } from './audit.repository.js';

const EVERY_SECONDS = 3_600;
const AT_ONCE = 5_000;

/** Has audit events removed that are older than they are kept, batch by batch. */
@Injectable()
export class AuditCleaning implements OnModuleInit {
  constructor(
    private readonly jobs: RecurringJobs,
    private readonly events: AuditRepository,
    @Inject(ENV) private readonly env: ResolvedEnv,
  ) {}

  onModuleInit(): void {
    this.jobs.register({ name: 'audit.clean', everySeconds: EVERY_SECONDS, run: () => this.clean() });
  }

  async clean(): Promise<void> {
    const days = this.env.AUDIT_RETENTION_DAYS;
    while ((await this.events.prune(idBefore(days), days, AT_ONCE)) === AT_ONCE);
  }
}

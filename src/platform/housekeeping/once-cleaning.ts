import { Injectable, type OnModuleInit } from '@nestjs/common';
import { OnceStore } from '../http/index.js';
import { RecurringJobs } from '../queue/index.js';

const EVERY_SECONDS = 600;

/** Has idempotency keys past their 24 hours removed. */
@Injectable()
export class OnceCleaning implements OnModuleInit {
  constructor(
    private readonly jobs: RecurringJobs,
    private readonly once: OnceStore,
  ) {}

  onModuleInit(): void {
    this.jobs.register({ name: 'idempotency.clean', everySeconds: EVERY_SECONDS, run: () => this.once.prune() });
  }
}

import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ENV, type ResolvedEnv } from '../../config/index.js';
import { RecurringJobs } from '../queue/index.js';
import { WorkStore } from '../work/index.js';

const EVERY_SECONDS = 600;

/** Has work removed that ended longer ago than it is kept, batch by batch. */
@Injectable()
export class WorkCleaning implements OnModuleInit {
  constructor(
    private readonly jobs: RecurringJobs,
    private readonly store: WorkStore,
    @Inject(ENV) private readonly env: ResolvedEnv,
  ) {}

  onModuleInit(): void {
    this.jobs.register({ name: 'work.clean', everySeconds: EVERY_SECONDS, run: () => this.clean() });
  }

  async clean(): Promise<void> {
    while (await this.store.prune(this.env.WORK_RETENTION_DAYS));
  }
}

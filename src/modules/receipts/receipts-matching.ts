import { Injectable, type OnModuleInit } from '@nestjs/common';
import { RecurringJobs } from '../../platform/queue/index.js';
import { ReceiptsRepository } from './receipts.repository.js';
import { KEPT_DAYS, LOOK_AGAIN_SECONDS } from './receipts.rules.js';
import { ReceiptsService } from './receipts.service.js';

const CLEAN_EVERY_SECONDS = 3_600;
const PRUNED_AT_ONCE = 2_000;

/** Has what came before its message was known looked for again, and what is known for long forgotten. */
@Injectable()
export class ReceiptsMatching implements OnModuleInit {
  constructor(
    private readonly jobs: RecurringJobs,
    private readonly receipts: ReceiptsService,
    private readonly stored: ReceiptsRepository,
  ) {}

  onModuleInit(): void {
    this.jobs.register({
      name: 'receipts.match',
      everySeconds: LOOK_AGAIN_SECONDS,
      run: () => this.receipts.lookForParked(),
    });
    this.jobs.register({ name: 'receipts.clean', everySeconds: CLEAN_EVERY_SECONDS, run: () => this.clean() });
  }

  async clean(): Promise<void> {
    while ((await this.stored.prune(KEPT_DAYS, PRUNED_AT_ONCE)) === PRUNED_AT_ONCE);
  }
}

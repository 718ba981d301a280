import { Injectable, type OnModuleInit } from '@nestjs/common';
import { RecurringJobs } from '../../platform/queue/index.js';
import { SigningSecretsRepository } from './signing-secrets.repository.js';

const EVERY_SECONDS = 600;
const PRUNED_AT_ONCE = 2_000;

/** Has secrets past their end removed. */
@Injectable()
export class SigningCleaning implements OnModuleInit {
  constructor(
    private readonly jobs: RecurringJobs,
    private readonly stored: SigningSecretsRepository,
  ) {}

  onModuleInit(): void {
    this.jobs.register({ name: 'signing.clean', everySeconds: EVERY_SECONDS, run: () => this.clean() });
  }

  async clean(): Promise<void> {
    while ((await this.stored.prune(PRUNED_AT_ONCE)) === PRUNED_AT_ONCE);
  }
}

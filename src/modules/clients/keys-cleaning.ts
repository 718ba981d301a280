import { Injectable, type OnModuleInit } from '@nestjs/common';
import { RecurringJobs } from '../../platform/queue/index.js';
import { ApiKeysRepository } from './api-keys.repository.js';

const EVERY_SECONDS = 3_600;
const KEPT_DAYS = 30;
const AT_ONCE = 1_000;

/** Every login makes a key: those that ended a while ago are removed, batch by batch. Keys made by hand stay in the list. */
@Injectable()
export class KeysCleaning implements OnModuleInit {
  constructor(
    private readonly jobs: RecurringJobs,
    private readonly keys: ApiKeysRepository,
  ) {}

  onModuleInit(): void {
    this.jobs.register({ name: 'keys.clean', everySeconds: EVERY_SECONDS, run: () => this.clean() });
  }

  async clean(): Promise<void> {
    while ((await this.keys.pruneLogins(KEPT_DAYS, AT_ONCE)) === AT_ONCE);
  }
}

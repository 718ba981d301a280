import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ENV, type ResolvedEnv } from '../../../config/index.js';
import { RecurringJobs } from '../../../platform/queue/index.js';
import { IntakeRepository } from '../door/intake.repository.js';
import { EventsRepository } from './events.repository.js';

const EVERY_SECONDS = 600;
const EVENTS_AT_ONCE = 500;
const KEYS_AT_ONCE = 5_000;

/** Has events removed that came longer ago than they are kept, and keys whose time is over, batch by batch. */
@Injectable()
export class EventsCleaning implements OnModuleInit {
  constructor(
    private readonly jobs: RecurringJobs,
    private readonly events: EventsRepository,
    private readonly intake: IntakeRepository,
    @Inject(ENV) private readonly env: ResolvedEnv,
  ) {}

  onModuleInit(): void {
    this.jobs.register({ name: 'webhooks.clean', everySeconds: EVERY_SECONDS, run: () => this.clean() });
  }

  async clean(): Promise<void> {
    while ((await this.events.prune(this.env.WEBHOOK_RETENTION_DAYS, EVENTS_AT_ONCE)) === EVENTS_AT_ONCE);
    while ((await this.intake.pruneKeys(KEYS_AT_ONCE)) === KEYS_AT_ONCE);
  }
}

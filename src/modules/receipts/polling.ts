import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { RecurringJobs } from '../../platform/queue/index.js';
import { ProviderEvents } from '../providers/index.js';
import { type DuePoll, PollsRepository } from './polls.repository.js';
import { pollPauseSeconds } from './receipts.rules.js';
import { ReceiptsService } from './receipts.service.js';

const EVERY_SECONDS = 15;
/** At the same time, so that one that hangs holds up few. */
const AT_ONCE = 8;
/** What a run asks at most: the next one is near. */
const PER_RUN = 200;
/** Longer than a poll with its writing takes. */
const CLAIM_SECONDS = 120;

/** Asks providers for what their calls may have missed, each every five minutes. */
@Injectable()
export class Polling implements OnModuleInit {
  private readonly log = new Logger(Polling.name);

  constructor(
    private readonly jobs: RecurringJobs,
    private readonly polls: PollsRepository,
    private readonly events: ProviderEvents,
    private readonly receipts: ReceiptsService,
  ) {}

  onModuleInit(): void {
    this.jobs.register({ name: 'receipts.poll', everySeconds: EVERY_SECONDS, run: () => this.run() });
  }

  async run(): Promise<void> {
    await this.polls.enrol(this.events.pollableKinds());
    for (let asked = 0; asked < PER_RUN; asked += AT_ONCE) {
      const due = await this.polls.claim(AT_ONCE, CLAIM_SECONDS);
      await Promise.all(due.map((poll) => this.ask(poll)));
      if (due.length < AT_ONCE) return;
    }
  }

  private async ask({ clientId, providerId, since, failures }: DuePoll): Promise<void> {
    try {
      const told = await this.events.poll(clientId, providerId, since);
      if (told) await this.receipts.store(told);
      await this.polls.done(clientId, providerId, {
        ...{ until: told?.until ?? null, failures: 0, pauseSeconds: pollPauseSeconds(0) },
      });
    } catch (error) {
      this.log.warn({ msg: 'A provider could not be asked for its events', err: error, clientId, providerId });
      const end = { until: null, failures: failures + 1, pauseSeconds: pollPauseSeconds(failures + 1) };
      await this.polls.done(clientId, providerId, end);
    }
  }
}

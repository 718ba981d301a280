import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ENV, type ResolvedEnv } from '../../config/index.js';
import { Metrics, SharedReadings } from '../../platform/observability/index.js';
import { RecurringJobs } from '../../platform/queue/index.js';
import { GRAINS, GRAINS_OF_TAGS } from './facts.js';
import { RollupsRepository, type Standing } from './rollups.repository.js';

/** Figures are a minute old at most, also when a worker with a run in hand has died. */
const EVERY_SECONDS = 10;
const CLEAN_EVERY_SECONDS = 600;
/** Of a client in an hour: who tags each order by its number has no use for a series of each. */
const TAGS_MOST = 1_000;
/** What one transaction adds; more would make others wait for its rows. */
const TAKEN_AT_ONCE = 50_000;

/** Keeps the counts up with what was noted, and no longer than they are wanted. */
@Injectable()
export class Rolling implements OnModuleInit {
  constructor(
    private readonly jobs: RecurringJobs,
    private readonly rollups: RollupsRepository,
    private readonly readings: SharedReadings,
    private readonly metrics: Metrics,
    @Inject(ENV) private readonly env: ResolvedEnv,
  ) {}

  onModuleInit(): void {
    this.jobs.register({ name: 'analytics.roll', everySeconds: EVERY_SECONDS, run: () => this.roll() });
    this.jobs.register({ name: 'analytics.clean', everySeconds: CLEAN_EVERY_SECONDS, run: () => this.clean() });
    this.show('analytics_waiting', 'Changes that are not in the figures of analytics yet', ({ waiting }) => waiting);
    this.show('analytics_behind_seconds', 'Age of the oldest of them', ({ behindSeconds }) => behindSeconds);
  }

  private show(name: string, help: string, value: (standing: Standing) => number): void {
    this.metrics.gauge(name, help, [], async (gauge) => {
      const [standing] =
        (await this.readings.of('analytics.standing', async () => [await this.rollups.standing()])) ?? [];
      gauge.reset();
      if (standing) gauge.set(value(standing));
    });
  }

  async roll(): Promise<void> {
    const begun = await this.rollups.now();
    while ((await this.rollups.roll(TAKEN_AT_ONCE)) === TAKEN_AT_ONCE);
    await this.rollups.reached(begun);
  }

  async clean(): Promise<void> {
    const { ANALYTICS_MINUTES_DAYS, ANALYTICS_HOURS_DAYS } = this.env;
    while (await this.rollups.forget(GRAINS.minute, ANALYTICS_MINUTES_DAYS));
    for (const grain of [GRAINS.quarter, GRAINS.hour, GRAINS.day])
      while (await this.rollups.forget(grain, ANALYTICS_HOURS_DAYS));
    for (const grain of GRAINS_OF_TAGS) while (await this.rollups.foldTags(grain, TAGS_MOST));
    while (await this.rollups.forgetNames());
  }
}

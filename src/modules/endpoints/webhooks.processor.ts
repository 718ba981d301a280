import { Process, Processor } from '@nestjs/bull';
import type { Job } from 'bull';
import type { WorkHint } from '../../platform/queue/index.js';
import { WorkEngine } from '../../platform/work/index.js';
import { WEBHOOKS } from './endpoints.jobs.js';

/** Hints taken off the queue at once; the engine has its own slots. */
const HINTS_AT_ONCE = 50;

@Processor(WEBHOOKS)
export class WebhooksProcessor {
  constructor(private readonly work: WorkEngine) {}

  @Process({ concurrency: HINTS_AT_ONCE })
  run({ data }: Job<WorkHint>): Promise<void> {
    return this.work.take(WEBHOOKS, data);
  }
}

import { Process, Processor } from '@nestjs/bull';
import type { Job } from 'bull';
import type { WorkHint } from '../../platform/queue/index.js';
import { WorkEngine } from '../../platform/work/index.js';
import { WEBHOOK_REPLAYS } from './endpoints.jobs.js';

@Processor(WEBHOOK_REPLAYS)
export class ReplaysProcessor {
  constructor(private readonly work: WorkEngine) {}

  @Process({ concurrency: 2 })
  run({ data }: Job<WorkHint>): Promise<void> {
    return this.work.take(WEBHOOK_REPLAYS, data);
  }
}

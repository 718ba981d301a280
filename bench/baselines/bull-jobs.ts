import Bull from 'bull';
import { serve } from '../actor.js';

interface Place {
  readonly redisUrl: string;
  readonly prefix: string;
}

const QUEUE = 'noop';
const OPTIONS: Bull.JobOptions = { removeOnComplete: true, removeOnFail: true };
let producer: Bull.Queue | undefined;
let consumer: Bull.Queue | undefined;
let done = 0;

/** Works jobs off by doing nothing. */
async function consume({ redisUrl, prefix, concurrency }: Place & { concurrency: number }): Promise<void> {
  consumer = new Bull(QUEUE, redisUrl, { prefix });
  void consumer.process(concurrency, () => {
    done++;
    return Promise.resolve();
  });
  await consumer.isReady();
}

async function produce({ redisUrl, prefix, jobs, batch }: Place & { jobs: number; batch: number }): Promise<void> {
  producer ??= new Bull(QUEUE, redisUrl, { prefix });
  for (let added = 0; added < jobs; added += batch)
    await producer.addBulk(Array.from({ length: Math.min(batch, jobs - added) }, () => ({ data: {}, opts: OPTIONS })));
}

const countDone = (): number => done;

export const bullJobs = { consume, produce, countDone };
export type BullJobsActor = typeof bullJobs;
serve(bullJobs);

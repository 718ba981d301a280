import { Injectable } from '@nestjs/common';
import { DomainError, Unavailable } from '../../platform/errors/index.js';
import { Metrics } from '../../platform/observability/index.js';
import type { Draft } from './draft.js';
import { MessageWriter, type Outcome, type Written } from './message-writer.js';

/** Flushes in the air at once; a room always uses the same lane, so that its messages keep their order. */
const LANES = 2;
/** More would hold the rooms' locks for longer than a sender should wait. */
const MAX_BATCH = 250;
/** About a second of sends; past that a caller is better told to come back than kept waiting. */
const MAX_WAITING = 10_000;

interface Waiting {
  readonly draft: Draft;
  resolve(written: Written): void;
  reject(error: unknown): void;
}

/**
 * Writes messages in groups: sends that arrive while a transaction is in the air share the next one, so that a busy room
 * is not bound by the time of a commit. Who calls is answered after the commit.
 */
@Injectable()
export class GroupCommit {
  private readonly lanes = Array.from({ length: LANES }, () => ({ waiting: [] as Waiting[], flushing: false }));
  private readonly sizes;
  private waitingCount = 0;

  constructor(
    private readonly writer: MessageWriter,
    metrics: Metrics,
  ) {
    this.sizes = metrics.histogram('group_commit_size', 'Messages written in one transaction', [1, 2, 5, 10, 25, 50, 100, 250]);
  }

  /** @throws Unavailable when too many are waiting, or PostgreSQL is out of reach: whether it was stored is then unknown */
  append(draft: Draft): Promise<Written> {
    if (this.waitingCount >= MAX_WAITING) return Promise.reject(new Unavailable());
    const lane = this.lanes[laneOf(draft.roomId)]!;
    this.waitingCount++;
    return new Promise<Written>((resolve, reject) => {
      lane.waiting.push({ draft, resolve, reject });
      if (!lane.flushing) {
        lane.flushing = true;
        setImmediate(() => void this.flush(lane)); // the rest of this tick's sends come along
      }
    });
  }

  private async flush(lane: { waiting: Waiting[]; flushing: boolean }): Promise<void> {
    while (lane.waiting.length > 0) {
      const batch = lane.waiting.splice(0, MAX_BATCH);
      this.sizes.observe(batch.length);
      await this.write(batch);
      this.waitingCount -= batch.length;
    }
    lane.flushing = false;
  }

  private async write(batch: readonly Waiting[]): Promise<void> {
    try {
      const outcomes = await this.writer.write(batch.map(({ draft }) => draft));
      outcomes.forEach((outcome, n) => settle(batch[n]!, outcome));
    } catch (error) {
      // Nothing of the batch was stored. When one row was the cause, the others must not suffer: each by itself.
      if (batch.length === 1 || error instanceof Unavailable) batch.forEach(({ reject }) => reject(error));
      else for (const waiting of batch) await this.write([waiting]);
    }
  }
}

function settle({ resolve, reject }: Waiting, outcome: Outcome): void {
  if (outcome instanceof DomainError) reject(outcome);
  else resolve(outcome);
}

/** The last digits of a UUIDv7 are random. */
const laneOf = (roomId: string): number => parseInt(roomId.slice(-4), 16) % LANES;

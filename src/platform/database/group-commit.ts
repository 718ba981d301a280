import { Unavailable } from '../errors/index.js';

export interface GroupCommitOptions<Item, Result> {
  /** Writes a batch in one transaction: a result for each item, in their order. */
  readonly write: (batch: readonly Item[]) => Promise<readonly Result[]>;
  /** Batches in the air at once. Items of one lane keep their order. */
  readonly lanes: number;
  /** The lane of an item: any whole number; the same for what must stay in order. */
  readonly laneOf: (item: Item) => number;
  /** More would hold locks for longer than a caller should wait. */
  readonly maxBatch: number;
  /** Past this a caller is better told to come back than kept waiting. */
  readonly maxWaiting: number;
  readonly onBatch?: (size: number) => void;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

interface Lane<Item, Result> {
  readonly waiting: Waiting<Item, Result>[];
  flushing: boolean;
}

/**
 * Writes in groups: what arrives while a transaction is in the air shares the next one, so that callers are not bound by
 * the time of a commit. Each is answered after the commit of its own batch.
 */
export class GroupCommit<Item, Result> {
  private readonly lanes = new Map<number, Lane<Item, Result>>();
  private waitingCount = 0;

  constructor(private readonly options: GroupCommitOptions<Item, Result>) {}

  /** @throws Unavailable when too many are waiting, or PostgreSQL is out of reach: whether it was stored is then unknown */
  append(item: Item): Promise<Result> {
    if (this.waitingCount >= this.options.maxWaiting) return Promise.reject(new Unavailable());
    const lane = this.laneOf(item);
    this.waitingCount++;
    return new Promise<Result>((resolve, reject) => {
      lane.waiting.push({ item, resolve, reject });
      if (lane.flushing) return;
      lane.flushing = true;
      setImmediate(() => void this.flush(lane)); // what else this tick brings comes along
    });
  }

  private laneOf(item: Item): Lane<Item, Result> {
    const number = this.options.laneOf(item) % this.options.lanes;
    const lane = this.lanes.get(number) ?? { waiting: [], flushing: false };
    this.lanes.set(number, lane);
    return lane;
  }

  private async flush(lane: Lane<Item, Result>): Promise<void> {
    while (lane.waiting.length > 0) {
      const batch = lane.waiting.splice(0, this.options.maxBatch);
      this.options.onBatch?.(batch.length);
      await this.write(batch);
      this.waitingCount -= batch.length;
    }
    lane.flushing = false;
  }

  private async write(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.options.write(batch.map(({ item }) => item));
      batch.forEach(({ resolve }, n) => resolve(results[n] as Result));
    } catch (error) {
      // Nothing of the batch was stored. When one row was the cause, the others must not suffer: each by itself.
      if (batch.length === 1 || error instanceof Unavailable) batch.forEach(({ reject }) => reject(error));
      else for (const waiting of batch) await this.write([waiting]);
    }
  }
}

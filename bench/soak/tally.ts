import type { Said } from './verdict.js';

/** What a crowd lived through, together. */
export class Tally {
  readonly acknowledged: Said[] = [];
  /** Of those whose node was killed: until they were connected again and had all they had missed. */
  readonly recoveredMs: number[] = [];
  /** What the protocol says cannot be. */
  readonly oddities: string[] = [];
  connections = 0;
  /** Tries to connect that came to nothing. */
  failed = 0;
  /** Sends that got no answer in time, or a temporary refusal. */
  sentAgain = 0;
  /** Of those, answered as stored before. */
  alreadyThere = 0;
  /** Durable events that were new, by how they came. */
  byPush = 0;
  bySync = 0;
}

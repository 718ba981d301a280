import { Injectable } from '@nestjs/common';
import type { ClientId } from '../../platform/database/index.js';
import { CountedRepository, type CountedSince } from './counted.repository.js';

/** How much clients have sent since a moment, to its minute: for what is counted nowhere else. */
@Injectable()
export class Counted {
  constructor(private readonly counts: CountedRepository) {}

  /** At most a minute behind. Without what was only tried (`test: true`). */
  since(clientIds: readonly ClientId[], from: Date): Promise<ReadonlyMap<ClientId, CountedSince>> {
    return this.counts.since(clientIds, from);
  }
}

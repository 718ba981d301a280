import { Injectable } from '@nestjs/common';
import type { ClientId } from '../../platform/database/index.js';
import { CountedRepository, type CountedSince } from './counted.repository.js';

/** How much a client has sent since a moment, to its minute: for what is counted nowhere else. */
@Injectable()
export class Counted {
  constructor(private readonly counts: CountedRepository) {}

  /** At most a minute behind. Without what was only tried (`test: true`). */
  since(clientId: ClientId, from: Date): Promise<CountedSince> {
    return this.counts.since(clientId, from);
  }
}

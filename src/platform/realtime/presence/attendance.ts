import { Injectable, Optional } from '@nestjs/common';
import type { ClientId, UserId } from '../../database/index.js';
import { Census } from './census.js';
import { CensusStore } from './census.store.js';

/** Asked at once: what is run in Redis holds up everybody else. */
const ASKED_AT_ONCE = 500;

/** Who has a socket open anywhere, for the house itself: a worker, which has no sockets, asks too. */
@Injectable()
export class Attendance {
  constructor(
    private readonly store: CensusStore,
    @Optional() private readonly census?: Census,
  ) {}

  /**
   * Those of the users who are here, on any node, the grace after their last socket included; those who hide too. While
   * Redis is away that is this node's own, and for a worker nobody.
   */
  async here(clientId: ClientId, userIds: readonly UserId[]): Promise<ReadonlySet<UserId>> {
    const here = new Set<UserId>();
    for (let from = 0; from < userIds.length; from += ASKED_AT_ONCE) {
      const asked = userIds.slice(from, from + ASKED_AT_ONCE);
      const found = await this.look(clientId, asked);
      asked.forEach((userId, at) => found[at] && here.add(userId));
    }
    return here;
  }

  private look(clientId: ClientId, userIds: readonly UserId[]): Promise<readonly (string | null)[]> {
    return this.census ? this.census.look(clientId, userIds) : this.store.look(clientId, userIds).catch(() => []);
  }
}

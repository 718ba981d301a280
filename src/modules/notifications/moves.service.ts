import { Injectable } from '@nestjs/common';
import type { Tx } from '../../platform/database/index.js';
import { Announcer } from './announcer.js';
import { type Move, type Moved, type NewTimelineEntry, SettlementsRepository } from './settlements.repository.js';

/** The one way in which deliveries move: their rows, the counts of their notifications, and what other systems are told. */
@Injectable()
export class MovesService {
  constructor(
    private readonly settlements: SettlementsRepository,
    private readonly announcer: Announcer,
  ) {}

  /** Upwards in rank. @returns those that moved, which are still to be counted */
  move(tx: Tx, moves: readonly Move[]): Promise<Moved[]> {
    return this.settlements.move(tx, moves);
  }

  /** Counts what moved, and tells of it and of the notifications that came to an end by it. */
  async count(tx: Tx, moved: readonly Moved[]): Promise<void> {
    const counted = await this.settlements.count(tx, moved);
    await this.announcer.moved(tx, moved);
    await this.announcer.ended(
      tx,
      counted.filter(({ isNews }) => isNews),
    );
  }

  log(tx: Tx, entries: readonly NewTimelineEntry[]): void {
    this.settlements.log(tx, entries);
  }
}

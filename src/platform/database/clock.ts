import { Injectable } from '@nestjs/common';

/**
 * Only the database's clock decides what is due. Statements that ask for the time add {@link aheadSeconds} to `now()`:
 * zero in service, moved by tests that need next week.
 */
@Injectable()
export class Clock {
  private ahead = 0;

  get aheadSeconds(): number {
    return this.ahead;
  }

  /** For tests: moves the time that sweeps see. */
  advance(seconds: number): void {
    this.ahead += seconds;
  }
}

import { COMMANDS_PER_SECOND } from './limits.js';

/** Refusals within this time that make an abuser: ten seconds' worth of commands, all for nothing. */
const ABUSE_WINDOW_SECONDS = 10;

export type RateVerdict = 'taken' | 'refused' | 'abusive';

/** The commands of one socket: so many a second, and an end for who never stops. */
export class CommandRate {
  private second = 0;
  private taken = 0;
  private refusedSince = 0;
  private refused = 0;

  /** Counts a command. */
  take(perSecond: number, now = Date.now()): RateVerdict {
    const second = Math.floor(now / 1_000);
    if (this.second !== second) {
      this.second = second;
      this.taken = 0;
    }
    return ++this.taken <= perSecond ? 'taken' : this.refuse(perSecond, now);
  }

  /** Counts a command that is refused for whatever is too many of it. */
  refuse(perSecond: number, now = Date.now()): RateVerdict {
    const second = Math.floor(now / 1_000);
    if (second - this.refusedSince >= ABUSE_WINDOW_SECONDS) {
      this.refusedSince = second;
      this.refused = 0;
    }
    // A low limit does not make an abuser of who merely asks again and again whether they may.
    const most = ABUSE_WINDOW_SECONDS * Math.max(perSecond, COMMANDS_PER_SECOND);
    return ++this.refused > most ? 'abusive' : 'refused';
  }
}

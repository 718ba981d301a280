import { setTimeout as pause } from 'node:timers/promises';
import { Member, type Person } from './member.js';
import type { Entry } from './room-log.js';
import { Tally } from './tally.js';
import { type Said, type Verdict, verdictOn } from './verdict.js';

const LOOK_MS = 50;
/** So long without news, and what was on its way has come. */
const STILL_MS = 1_000;
const PATIENCE_MS = 120_000;
const EXAMPLES = 5;

/** Many members, spread over the nodes: who is cut off from one comes back to the next. */
export class Crowd {
  readonly tally = new Tally();
  private readonly members: readonly Member[];
  private talks: Promise<unknown> = Promise.resolve();

  private constructor(people: readonly Person[], nodes: readonly string[]) {
    this.members = people.map((person, n) => new Member(person, nodes, this.tally, n));
  }

  /** Resolves when all are in, at first `perSecond` at a time. */
  static async open(people: readonly Person[], nodes: readonly string[], perSecond: number): Promise<Crowd> {
    const crowd = new Crowd(people, nodes);
    for (const member of crowd.members) void member.stay((people.length / perSecond) * 1_000);
    await crowd.isWell();
    return crowd;
  }

  /** Lets everybody talk, each so often. */
  talk(everyMs: number): void {
    this.talks = Promise.all(this.members.map((member) => member.talk(everyMs)));
    this.talks.catch(() => undefined); // told by `settle`
  }

  /** Cuts this share of the connections, whosever. */
  cut(share: number): void {
    for (const member of this.members) if (Math.random() < share) member.cut();
  }

  /** Ahead of a node's death. @returns how many are on it */
  willLose(url: string): number {
    return this.members.filter((member) => member.willLose(url)).length;
  }

  /** Resolves when so many of those who lost their node are back and have what they missed. */
  haveRecovered(count: number): Promise<void> {
    return this.until(`${count} have recovered`, () => this.tally.recoveredMs.length >= count);
  }

  /** Resolves when everybody is connected and has all they know of. */
  isWell(): Promise<void> {
    return this.until('everybody is well', () => this.members.every((member) => member.isWell));
  }

  /**
   * Ends the talking when what was begun is acknowledged, waits until all have heard, and lets each ask once more.
   * @returns how many events nobody had told them of before they asked
   */
  async settle(): Promise<number> {
    for (const member of this.members) member.hush();
    await this.talks;
    await this.isWell();
    for (let heard = -1; heard !== this.heard; await pause(STILL_MS)) heard = this.heard;
    let untold = 0;
    for (const member of this.members) untold += await member.check();
    return untold;
  }

  judge(stored: readonly Said[], feeds: ReadonlyMap<string, readonly Entry[]>): Verdict {
    const logs = this.members.flatMap(({ person: { userId }, logs: own }) =>
      [...own.values()].map(({ roomId, entries }) => ({ userId, roomId, entries })),
    );
    const { lost, doubled, disordered } = verdictOn({ acknowledged: this.tally.acknowledged, stored, feeds, logs });
    return { lost, doubled, disordered: [...disordered, ...this.tally.oddities] };
  }

  close(): Promise<void> {
    for (const member of this.members) member.leave();
    return Promise.resolve();
  }

  private async until(what: string, isSo: () => boolean): Promise<void> {
    for (const end = Date.now() + PATIENCE_MS; !isSo(); await pause(LOOK_MS))
      if (Date.now() > end)
        throw new Error([`Waited in vain until ${what}.`, ...this.tally.oddities.slice(0, EXAMPLES)].join('\n'));
  }

  private get heard(): number {
    return this.tally.byPush + this.tally.bySync;
  }
}

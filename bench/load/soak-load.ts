import { serve } from '../actor.js';
import { Crowd } from '../soak/crowd.js';
import type { Person } from '../soak/member.js';
import type { Entry } from '../soak/room-log.js';
import type { Tally } from '../soak/tally.js';
import type { Said, Verdict } from '../soak/verdict.js';

interface Opening {
  readonly people: readonly Person[];
  readonly nodes: readonly string[];
  readonly perSecond: number;
}

interface Pace {
  readonly talkEveryMs: number;
  readonly cutEveryMs: number;
  /** Of the connections, at each cut. */
  readonly cutShare: number;
}

interface Ended {
  /** Events that only asking at the end brought. */
  readonly untold: number;
  readonly tally: Tally;
}

let crowd: Crowd;
let cuts: NodeJS.Timeout;

async function open({ people, nodes, perSecond }: Opening): Promise<void> {
  crowd = await Crowd.open(people, nodes, perSecond);
}

function begin({ talkEveryMs, cutEveryMs, cutShare }: Pace): void {
  crowd.talk(talkEveryMs);
  cuts = setInterval(() => crowd.cut(cutShare), cutEveryMs);
}

/** @returns how many are on the node that is about to be killed */
function willLose(url: string): number {
  return crowd.willLose(url);
}

function haveRecovered(count: number): Promise<void> {
  return crowd.haveRecovered(count);
}

async function end(): Promise<Ended> {
  clearInterval(cuts);
  return { untold: await crowd.settle(), tally: { ...crowd.tally } };
}

function judge({ stored, feeds }: { stored: Said[]; feeds: Map<string, Entry[]> }): Verdict {
  return crowd.judge(stored, feeds);
}

export const soakLoad = { open, begin, willLose, haveRecovered, end, judge };
export type SoakLoadActor = typeof soakLoad;
serve(soakLoad);

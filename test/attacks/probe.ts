import { Actor } from '../../bench/actor.js';
import type { ProbeActor, ProbeWish } from './probe-actor.js';

/** What a bystander saw: milliseconds from when a request was to leave to the end of its answer. */
export interface Seen {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly faults: readonly string[];
}

/** Another client, who asks for a room and posts a message in turn, 20 times a second, from a process of its own. */
export class Probe {
  private constructor(private readonly actor: Actor<ProbeActor>) {}

  static async start(wish: ProbeWish): Promise<Probe> {
    const probe = new Probe(Actor.start<ProbeActor>('../test/attacks/probe-actor'));
    await probe.actor.call('begin', wish);
    return probe;
  }

  /** What it saw since the last time. */
  async look(): Promise<Seen> {
    const { latencies, faults } = await this.actor.call('look');
    const sorted = Float64Array.from(latencies).sort();
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: sorted.at(-1) ?? 0, faults };
  }

  stop(): Promise<void> {
    return this.actor.stop();
  }
}

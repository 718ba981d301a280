import { boundOf, TIME_BOUNDS_MS } from './breaker.rules.js';
import type { Tally } from './provider-health.repository.js';
import type { ProviderName } from './provider-usage.repository.js';

type Counting = { -readonly [F in keyof Tally]: Tally[F] } & { readonly times: number[] };

/** Counts the calls of providers in this process, until they are taken to be written. */
export class CallMeter {
  private counting = new Map<string, Counting>();

  note({ clientId, providerId }: ProviderName, isFault: boolean, durationMs: number): void {
    const known = this.counting.get(providerId);
    const tally = known ?? { clientId, providerId, calls: 0, faults: 0, times: TIME_BOUNDS_MS.map(() => 0).concat(0) };
    if (!known) this.counting.set(providerId, tally);
    const bound = boundOf(durationMs);
    tally.calls++;
    tally.faults += isFault ? 1 : 0;
    tally.times[bound] = (tally.times[bound] ?? 0) + 1;
  }

  /** What was counted since the last time. */
  taken(): Tally[] {
    const counted = [...this.counting.values()];
    this.counting = new Map();
    return counted;
  }
}

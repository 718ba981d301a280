import { InvalidInput } from '../../platform/errors/index.js';
import { boundsOf, grainOf, type Interval, INTERVAL_MS } from './buckets.rules.js';
import type { Grain } from './facts.js';
import type { Buckets } from './figures.repository.js';

/** More would be too much to draw: 33 days by the hour, two years by the day. */
export const BUCKETS_MAX = 800;
const EARLIEST = Date.parse('2000-01-01T00:00:00Z');
const LATEST = Date.parse('2200-01-01T00:00:00Z');
const DEFAULT_BUCKETS: Readonly<Record<Interval, number>> = { minute: 60, hour: 24, day: 7 };

export interface AskedRange {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly interval?: Interval | undefined;
  readonly timeZone: string;
  /** Nothing of it is kept by more. */
  readonly coarsest?: Grain | undefined;
}

export interface Range extends Buckets {
  readonly interval: Interval;
  readonly timeZone: string;
}

/** Hours, or days where hours would be too many. */
function unasked({ from, to }: AskedRange, now: Date): Interval {
  const spanMs = from === undefined ? 0 : (to === undefined ? now.getTime() : Date.parse(to)) - Date.parse(from);
  return spanMs / INTERVAL_MS.hour > BUCKETS_MAX ? 'day' : 'hour';
}

/**
 * The whole minutes, hours or days that hold what is asked for.
 * @throws InvalidInput when it is no range, or one of too many of them
 */
export function rangeOf(asked: AskedRange, now: Date): Range {
  const { timeZone, interval = unasked(asked, now), coarsest } = asked;
  const step = INTERVAL_MS[interval];
  const to = asked.to === undefined ? now.getTime() : Date.parse(asked.to);
  const from = asked.from === undefined ? to - DEFAULT_BUCKETS[interval] * step : Date.parse(asked.from);
  // `to` first: a `from` that was not asked for is reckoned from it.
  for (const [name, at] of Object.entries({ to, from }))
    if (!(at >= EARLIEST && at <= LATEST))
      throw InvalidInput.at(`/${name}`, 'out_of_range', `${name} must lie between the years 2000 and 2200`);
  if (from >= to) throw InvalidInput.at('/from', 'not_before', 'from must lie before to');
  if ((to - from) / step > BUCKETS_MAX)
    throw InvalidInput.at(
      '/interval',
      'too_many_buckets',
      `from and to must be at most ${BUCKETS_MAX} of interval ${interval} apart; ask for a shorter time or a longer interval`,
    );
  const bounds = boundsOf(from, to, interval, timeZone);
  return { bounds, grain: grainOf(bounds, interval, coarsest), interval, timeZone };
}

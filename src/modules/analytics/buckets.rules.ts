import { type Grain, GRAINS } from './facts.js';

export const INTERVALS = ['minute', 'hour', 'day'] as const;
export type Interval = (typeof INTERVALS)[number];

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
export const INTERVAL_MS: Readonly<Record<Interval, number>> = { minute: MINUTE, hour: HOUR, day: DAY };

/** A time in which the clocks of a zone are equally far ahead of UTC. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly offset: number;
}

/** A zone of the IANA's list; not an offset, which knows no summer. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone.length > 0;
  } catch {
    return false;
  }
}

/**
 * Where the minutes, hours or days of a zone begin, from the one that holds `from` on; and, last, where the one ends that
 * holds the moment before `to`. A day has 23 or 25 hours where clocks are changed, and an hour half of it on Lord Howe Island.
 */
export function boundsOf(from: number, to: number, interval: Interval, timeZone: string): number[] {
  // Two days more to each side: whatever the zone, a day begins and ends in them.
  const around = [floorTo(from, MINUTE) - 2 * DAY, floorTo(to, MINUTE) + 2 * DAY] as const;
  const starts = stretchesOf(timeZone, ...around).flatMap((stretch, n, all) => startsIn(stretch, all[n - 1], interval));
  const first = starts.findLastIndex((start) => start <= from);
  const last = starts.findIndex((start) => start >= to);
  return starts.slice(first, last + 1);
}

/** The coarsest grain of which the buckets are made. */
export function grainOf(bounds: readonly number[], interval: Interval, coarsest: Grain = GRAINS.day): Grain {
  if (interval === 'minute') return GRAINS.minute;
  const fits = (grain: Grain) => grain <= coarsest && bounds.every((bound) => bound % (grain * MINUTE) === 0);
  return [GRAINS.day, GRAINS.hour, GRAINS.quarter].find(fits) ?? GRAINS.minute;
}

/** Whether each bucket is one grain. */
export const areGrains = (bounds: readonly number[], grain: Grain): boolean =>
  bounds.every((bound, n) => n === 0 || bound - (bounds[n - 1] ?? 0) === grain * MINUTE);

const floorTo = (value: number, step: number): number => Math.floor(value / step) * step;

function startsIn({ from, to, offset }: Stretch, before: Stretch | undefined, interval: Interval): number[] {
  const step = INTERVAL_MS[interval];
  const starts: number[] = [];
  if (before && isStart(from, before.offset, offset, interval)) starts.push(from);
  const first = floorTo(from + offset, step) - offset;
  for (let start = first; start < to; start += step)
    if (start > from || (start === from && !before)) starts.push(start);
  return starts;
}

/** When clocks are changed, another hour begins; another day only where they come to another date. */
const isStart = (at: number, before: number, after: number, interval: Interval): boolean =>
  interval !== 'day' || floorTo(at - 1 + before, DAY) !== floorTo(at + after, DAY);

function stretchesOf(timeZone: string, from: number, to: number): Stretch[] {
  const offsetAt = offsetsOf(timeZone);
  const stretches: Stretch[] = [];
  let start = from;
  let offset = offsetAt(from);
  for (let at = from; at < to;) {
    const next = Math.min(at + DAY, to);
    if (offsetAt(next) === offset) {
      at = next;
      continue;
    }
    at = changeBetween(at, next, (moment) => offsetAt(moment) === offset);
    stretches.push({ from: start, to: at, offset });
    start = at;
    offset = offsetAt(at);
  }
  return [...stretches, { from: start, to, offset }];
}

/** The first minute that is not as before. */
function changeBetween(before: number, after: number, isAsBefore: (moment: number) => boolean): number {
  let [low, high] = [before, after];
  while (high - low > MINUTE) {
    const middle = floorTo((low + high) / 2, MINUTE);
    if (isAsBefore(middle)) low = middle;
    else high = middle;
  }
  return high;
}

/** How far the clocks of a zone are ahead of UTC, in milliseconds. */
function offsetsOf(timeZone: string): (at: number) => number {
  const format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' });
  return (at) => {
    const name = format.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const [, sign, hours = '0', minutes = '0'] = /GMT([+-])(\d\d):(\d\d)/.exec(name) ?? [];
    const ahead = Number(hours) * HOUR + Number(minutes) * MINUTE;
    return sign === '-' ? -ahead : ahead;
  };
}

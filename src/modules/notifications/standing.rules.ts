/** What a user said of a channel; what is absent is wanted. */
interface ChannelPreference {
  readonly marketing?: boolean;
  readonly transactional?: boolean;
}

/** What is critical cannot be declined. */
export const isDeclined = (
  preferences: Readonly<Record<string, ChannelPreference | undefined>>,
  channel: string,
  category: 'transactional' | 'marketing' | 'critical',
): boolean => category !== 'critical' && preferences[channel]?.[category] === false;

interface Hours {
  /** `HH:MM`. */
  readonly from: string;
  readonly to: string;
  readonly timezone: string;
}

const MINUTE_SECONDS = 60;
const DAY_MINUTES = 1_440;

/** How long quiet hours last from now on; null outside of them. Where they end as they begin, they are the whole day. */
export function quietSecondsLeft({ from, to, timezone }: Hours, now: Date): number | null {
  const minute = minuteOf(clockIn(timezone, now));
  const [begin, end] = [minuteOf(from), minuteOf(to)];
  const isQuiet = begin < end ? begin <= minute && minute < end : minute >= begin || minute < end;
  if (!isQuiet) return null;
  const minutes = (end - minute + DAY_MINUTES) % DAY_MINUTES || DAY_MINUTES;
  return minutes * MINUTE_SECONDS - now.getUTCSeconds();
}

const minuteOf = (clock: string): number => {
  const [hours = 0, minutes = 0] = clock.split(':').map(Number);
  return hours * 60 + minutes;
};

/** Where a clock change is near, the end may come an hour off: who wakes then looks again. */
const clockIn = (timezone: string, at: Date): string =>
  new Intl.DateTimeFormat('en-GB', { timeZone: timezone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(
    at,
  );

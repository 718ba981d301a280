/** Whom no wanted channel reaches: the end of the ladder, without a notification. */
export const NO_CHANNEL = 'none';

/** How a room escalates: after how long, and to which channels in turn, of those there are. */
export interface Policy<Channel extends string = string> {
  readonly afterSeconds: number;
  readonly channels: readonly Channel[];
}

/** A member who has something unread. */
export interface Missing {
  readonly userId: string;
  /** The first message that counts; once they were told, and have read since, the first of those that came after. */
  readonly unread: { readonly seq: number; readonly at: Date };
  /** What they were told, when they have read nothing of it since. */
  readonly ladder: Ladder | null;
}

export interface Ladder {
  readonly fromSeq: number;
  /** Of the last step. */
  readonly at: Date;
  readonly channels: readonly string[];
  /** Whether the last step came to nothing. */
  readonly hasFailed: boolean;
}

/** Who is here is asked about again after a quarter of the time it took so far: soon at first, seldom later. */
const PATIENCE = 4;
const SOONEST_MS = 10_000;
const LATEST_MS = 3_600_000;

/** When a member's next step is: the next channel follows after the same time again, or as soon as the last one failed. */
export function dueAt({ unread, ladder }: Missing, { afterSeconds }: Policy): Date {
  const [since, seconds] =
    ladder === null ? [unread.at, afterSeconds] : [ladder.at, ladder.hasFailed ? 0 : afterSeconds];
  return new Date(since.getTime() + seconds * 1_000);
}

/** When to look again at what has not changed since a time. */
export function lookAgainAt(since: Date, at: Date): Date {
  const pauseMs = (at.getTime() - since.getTime()) / PATIENCE;
  return new Date(at.getTime() + Math.min(Math.max(pauseMs, SOONEST_MS), LATEST_MS));
}

/** The channels after those that were tried, in their order. */
export function channelsLeft<Channel extends string>(
  { channels }: Policy<Channel>,
  ladder: Ladder | null,
): readonly Channel[] {
  const tried = channels.findLastIndex((channel) => ladder?.channels.includes(channel));
  return channels.slice(tried + 1);
}

/** When to look at a member whose step is not due, or is due while they are here. */
export function waitsUntil(member: Missing, policy: Policy, at: Date): Date {
  const due = dueAt(member, policy);
  if (due <= at) return lookAgainAt(member.ladder?.at ?? member.unread.at, at);
  return member.ladder === null ? due : earliest(due, lookAgainAt(member.ladder.at, at)); // it may fail meanwhile
}

export const earliest = (...times: readonly Date[]): Date => new Date(Math.min(...times.map((time) => time.getTime())));

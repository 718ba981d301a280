import { type Period, PERIODS } from '../../platform/quotas/index.js';
import type { ClientLimits } from '../../platform/security/index.js';

/** What a client may be held to: messages, notifications, or deliveries of one channel. */
export type Countable = 'messages' | 'notifications' | `channel:${string}`;
export type Window = Exclude<Period, 'second'>;
export const WINDOWS = PERIODS.filter((period): period is Window => period !== 'second');

/** So many of what may be used in a period. */
export interface Quota {
  readonly what: Countable;
  readonly period: Window;
  readonly limit: number;
}

export const channelCount = (channel: string): Countable => `channel:${channel}`;

/** The channel that it counts deliveries of; null for what is no channel's. */
export const channelOf = (what: Countable): string | null =>
  what.startsWith('channel:') ? what.slice('channel:'.length) : null;

/** As it is told of: `messages`, `notifications`, `email`. */
export const nameOf = (what: Countable): string => channelOf(what) ?? what;

const quotasFor = (
  what: Countable,
  { perHour, perDay }: { readonly perHour?: number; readonly perDay?: number },
): Quota[] => [
  ...(perHour === undefined ? [] : [{ what, period: 'hour' as const, limit: perHour }]),
  ...(perDay === undefined ? [] : [{ what, period: 'day' as const, limit: perDay }]),
];

const said = (perHour: number | undefined, perDay: number | undefined) => ({
  ...(perHour !== undefined && { perHour }),
  ...(perDay !== undefined && { perDay }),
});

/** What a client is held to. Without any, nothing of it is counted. */
export function quotasOf(limits: ClientLimits): Quota[] {
  const { messagesPerHour, messagesPerDay, notificationsPerHour, notificationsPerDay, channels = {} } = limits;
  return [
    ...quotasFor('messages', said(messagesPerHour, messagesPerDay)),
    ...quotasFor('notifications', said(notificationsPerHour, notificationsPerDay)),
    ...Object.entries(channels).flatMap(([channel, own]) => quotasFor(channelCount(channel), own)),
  ];
}

/** How many of what rollups counted. */
export function countIn(
  counted: {
    readonly messages: number;
    readonly notifications: number;
    readonly channels: Readonly<Record<string, number>>;
  },
  what: Countable,
): number {
  if (what === 'messages' || what === 'notifications') return counted[what];
  return counted.channels[nameOf(what)] ?? 0;
}

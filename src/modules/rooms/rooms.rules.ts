import { MEMBER_ROLES, type MemberRole } from './room-member.entity.js';
import type { RoomSettings, RoomType } from './room.entity.js';

interface RoomManners {
  readonly type: RoomType;
  readonly settings: RoomSettings;
}

/** What a room's own manners may allow its members. */
const ALLOWANCES = {
  wherePostingIsOpen: ({ type, settings }) => type !== 'channel' || settings.openPosting === true,
  whereMembersInvite: ({ settings }) => settings.membersCanInvite === true,
} as const satisfies Readonly<Record<string, (room: RoomManners) => boolean>>;

type May = boolean | keyof typeof ALLOWANCES;

/** Who may do what beyond reading, leaving and muting, which every member may. A master key may do all of it. */
export const WHO_MAY = {
  post: { owner: true, admin: true, member: 'wherePostingIsOpen' },
  /** As often as they like, in spite of slow mode. */
  post_at_will: { owner: true, admin: true, member: false },
  invite: { owner: true, admin: true, member: 'whereMembersInvite' },
  make_admin: { owner: true, admin: true, member: false },
  change: { owner: true, admin: true, member: false },
  change_role: { owner: true, admin: true, member: false },
  remove_member: { owner: true, admin: true, member: false },
  ban: { owner: true, admin: true, member: false },
  close: { owner: true, admin: true, member: false },
  delete_message: { owner: true, admin: true, member: false },
  pin: { owner: true, admin: true, member: false },
  delete: { owner: true, admin: false, member: false },
  hand_over: { owner: true, admin: false, member: false },
} as const satisfies Readonly<Record<string, Readonly<Record<MemberRole, May>>>>;

export type RoomAct = keyof typeof WHO_MAY;

/** On whom a role acts when it removes, bans or changes a role. On the owner only a master key does. */
export const ACTS_ON: Readonly<Record<MemberRole, readonly MemberRole[]>> = {
  owner: ['admin', 'member'],
  admin: ['member'],
  member: [],
};

export function mayInRoom(act: RoomAct, role: MemberRole, room: RoomManners): boolean {
  const may: May = WHO_MAY[act][role];
  return typeof may === 'boolean' ? may : ALLOWANCES[may](room);
}

export const mayActOn = (actor: MemberRole, target: MemberRole): boolean => ACTS_ON[actor].includes(target);

/** Whether the new role allows no more than the one before: one's own role one may always lay down. */
export const laysDown = (before: MemberRole, after: MemberRole): boolean =>
  MEMBER_ROLES.indexOf(after) >= MEMBER_ROLES.indexOf(before);

/** Days without use after which a room of a type is deactivated. */
export const INACTIVITY_DAYS: Readonly<Record<RoomType, number>> = { support: 7, group: 30, direct: 90, channel: 180 };

/** Names the pair of a direct room, whoever of the two asks. */
export const directKeyOf = (pair: readonly string[]): string => JSON.stringify([...pair].sort());

/** How long a member must wait after their last message before the next; 0 when they need not. */
export function slowModeWaitMs({ slowModeSeconds = 0 }: RoomSettings, lastSentAt: Date | null, at: Date): number {
  return lastSentAt === null ? 0 : Math.max(0, lastSentAt.getTime() + slowModeSeconds * 1_000 - at.getTime());
}

/** Null takes a setting away. */
export type SettingsChange = { readonly [Name in keyof RoomSettings]?: RoomSettings[Name] | null };

export const mergedSettings = (before: RoomSettings, change: SettingsChange): RoomSettings =>
  Object.fromEntries(
    Object.entries({ ...before, ...change }).filter(([, value]) => value !== null && value !== undefined),
  );

const SECONDS_OF = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;
/** As `90m`, `36h` or `7d`. */
export const DURATION = /^(\d{1,5})([smhd])$/;

/** @param duration that {@link DURATION} matches */
export function secondsOf(duration: string): number {
  const [, count, unit] = DURATION.exec(duration) ?? [];
  return Number(count) * SECONDS_OF[unit as keyof typeof SECONDS_OF];
}

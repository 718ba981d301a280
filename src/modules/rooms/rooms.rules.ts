import type { MemberRole } from './room-member.entity.js';
import type { RoomSettings, RoomType } from './room.entity.js';

/** What a member may do beyond reading. */
export type RoomAct = 'post' | 'invite' | 'remove_member' | 'close' | 'delete_message' | 'pin';

interface RoomManners {
  readonly type: RoomType;
  readonly settings: RoomSettings;
}

/** Who may do what, as data. A master key may do all of it. */
const ALLOWED: Readonly<Record<RoomAct, (role: MemberRole, room: RoomManners) => boolean>> = {
  post: (role, { type, settings }) => type !== 'channel' || role !== 'member' || settings.openPosting === true,
  invite: (role, { settings }) => role !== 'member' || settings.membersCanInvite === true,
  remove_member: (role) => role !== 'member',
  close: (role) => role !== 'member',
  delete_message: (role) => role !== 'member',
  pin: (role) => role !== 'member',
};

export const mayInRoom = (act: RoomAct, role: MemberRole, room: RoomManners): boolean => ALLOWED[act](role, room);

/** An admin does not act on another admin or the owner; the owner acts on all. */
export const mayActOn = (actor: MemberRole, target: MemberRole): boolean =>
  actor === 'owner' || (actor === 'admin' && target === 'member');

/** Days without use after which a room of a type is deactivated. */
export const INACTIVITY_DAYS: Readonly<Record<RoomType, number>> = { support: 7, group: 30, direct: 90, channel: 180 };

/** Names the pair of a direct room, whoever of the two asks. */
export const directKeyOf = (pair: readonly string[]): string => JSON.stringify([...pair].sort());

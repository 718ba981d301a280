import { type Act, noteAct, noteChange } from '../../platform/audit/index.js';
import type { Tx } from '../../platform/database/index.js';
import { isMaster, masked, type Principal } from '../../platform/security/index.js';
import type { RoomProfile } from './rooms.repository.js';

type RoomAct = Pick<Act, 'action' | 'before' | 'after'>;

/** What rooms' own owners and admins do is the rooms' affair; what is done with a master key is done by who is in charge. */
export function noteMastersAct(tx: Tx, caller: Principal, roomId: string, act: RoomAct): void {
  if (isMaster(caller)) noteAct(tx, caller.clientId, { ...act, resource: { type: 'room', id: roomId } });
}

/** Which contents were changed, and what else to what. */
export function noteMastersChange(
  tx: Tx,
  caller: Principal,
  roomId: string,
  { before, after }: { readonly before: RoomProfile; readonly after: RoomProfile },
): void {
  if (!isMaster(caller)) return;
  const act = { action: 'room.updated', resource: { type: 'room', id: roomId } } as const;
  noteChange(tx, caller.clientId, { ...act, before, after }, withoutContents);
}

const CONTENTS = new Set(['name', 'description', 'metadata']);

const withoutContents = (part: object): object =>
  Object.fromEntries(
    Object.entries(part).map(([field, value]) => [field, CONTENTS.has(field) ? contentless(value) : value]),
  );

const contentless = (value: unknown): unknown => (value === null ? null : masked('contents'));

import type { ClientId, UserId } from '../../database/index.js';
import type { Principal } from '../../security/index.js';

/** What presence asks of rooms; the rooms module provides it. */
export abstract class PeerDirectory {
  /** The rooms whose members hear of these users, by user. */
  abstract roomsOf(clientId: ClientId, userIds: readonly UserId[]): Promise<Map<UserId, string[]>>;
  /** Those of the users whom the caller may know of: who share a room with them; all for a master key. */
  abstract known(caller: Principal, userIds: readonly UserId[]): Promise<ReadonlySet<UserId>>;
  /** Notes that users were here just now, unless it is known of the last `exceptSeconds`. */
  abstract saw(clientId: ClientId, userIds: readonly UserId[], exceptSeconds: number): Promise<void>;
  abstract lastSeen(clientId: ClientId, userIds: readonly UserId[]): Promise<Map<UserId, Date>>;
}

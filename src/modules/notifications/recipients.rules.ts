import type { ChannelName } from './content.js';
import type { DeliveryReason } from './delivery-status.js';

/** One of three: a user of the client, an email address, a room. */
export interface Recipient {
  readonly userId?: string;
  readonly email?: string;
  readonly name?: string;
  readonly roomId?: string;
}

/** What is known of the named users and rooms. */
export interface Known {
  readonly emailOf: ReadonlyMap<string, { readonly email: string | null; readonly displayName: string | null }>;
  readonly roomIds: ReadonlySet<string>;
}

/** One message to one address on one channel, or the reason why there is none. */
export interface Target {
  readonly channel: ChannelName;
  readonly recipient: string;
  readonly recipientName: string | null;
  readonly userId: string | null;
  readonly roomId: string | null;
  readonly unreachable: DeliveryReason | null;
}

/** Every recipient on every wanted channel. One that cannot be reached on a channel keeps its reason and harms nobody. */
export function targetsOf(recipients: readonly Recipient[], wanted: readonly ChannelName[], known: Known): Target[] {
  return recipients.flatMap((recipient) => wanted.map((channel) => targetOf(recipient, channel, known)));
}

function targetOf({ userId, email, name, roomId }: Recipient, channel: ChannelName, known: Known): Target {
  const who = { channel, userId: userId ?? null, roomId: roomId ?? null, recipientName: name ?? null };
  const named = userId ?? email ?? roomId ?? '';
  if (channel === 'websocket') {
    const reachable = userId !== undefined || (roomId !== undefined && known.roomIds.has(roomId));
    return { ...who, recipient: named, unreachable: reachable ? null : 'no_address' };
  }
  const user = userId === undefined ? undefined : known.emailOf.get(userId);
  const address = email ?? user?.email ?? null;
  return {
    ...who,
    recipient: address ?? named,
    recipientName: name ?? user?.displayName ?? null,
    unreachable: address === null ? 'no_address' : null,
  };
}

import type { Address, Party } from '../../extension/channel.js';
import type { DeliveryReason } from './delivery-status.js';

/** As the caller named somebody: by one of these, an email address perhaps with a `name`. */
export type Recipient = Pick<Party, (typeof RECIPIENT_KINDS)[number] | 'name'>;

export const RECIPIENT_KINDS = ['userId', 'email', 'phone', 'url', 'roomId'] as const;

/** What is known of the named users and rooms. */
export interface Known {
  readonly users: ReadonlyMap<string, NonNullable<Party['user']>>;
  readonly devices: ReadonlyMap<string, Party['devices']>;
  readonly roomIds: ReadonlySet<string>;
}

/** A channel that is wanted: says where a party is reached on it. */
export interface WantedChannel {
  readonly name: string;
  readonly addressesOf: (party: Party) => readonly Address[];
}

/** One message to one address on one channel, or the reason why there is none. */
export interface Target {
  /** The recipient's place among the wish's. */
  readonly n: number;
  readonly channel: string;
  readonly recipient: string;
  readonly recipientName: string | null;
  readonly addressKind: string | null;
  readonly deviceId: string | null;
  readonly userId: string | null;
  readonly roomId: string | null;
  readonly unreachable: DeliveryReason | null;
}

const NO_DEVICES: Party['devices'] = [];

/** Every recipient on every wanted channel. One that cannot be reached on a channel keeps its reason and harms nobody. */
export function targetsOf(
  recipients: readonly Recipient[],
  wanted: readonly WantedChannel[],
  { users, devices, roomIds }: Known,
): Target[] {
  return recipients.flatMap((recipient, n) => {
    const { userId, roomId } = recipient;
    const user = userId === undefined ? undefined : users.get(userId);
    const party: Party = {
      ...recipient,
      ...(user && { user }),
      devices: (userId === undefined ? undefined : devices.get(userId)) ?? NO_DEVICES,
      isOwnRoom: roomId !== undefined && roomIds.has(roomId),
    };
    return wanted.flatMap((channel) => targetsOn(channel, party, n));
  });
}

function targetsOn({ name: channel, addressesOf }: WantedChannel, party: Party, n: number): Target[] {
  const who = { n, channel, userId: party.userId ?? null, roomId: party.roomId ?? null };
  const addresses = addressesOf(party);
  if (addresses.length === 0) {
    const recipientName = party.name ?? party.user?.displayName ?? null;
    const nowhere = { addressKind: null, deviceId: null, unreachable: 'no_address' } as const;
    return [{ ...who, recipient: namedOf(party), recipientName, ...nowhere }];
  }
  return addresses.map(({ recipient, name, kind, deviceId }) => ({
    ...who,
    ...{ recipient, recipientName: name ?? null, addressKind: kind ?? null, deviceId: deviceId ?? null },
    unreachable: null,
  }));
}

const namedOf = (recipient: Recipient): string => {
  const kind = RECIPIENT_KINDS.find((name) => recipient[name] !== undefined);
  return (kind && recipient[kind]) ?? '';
};

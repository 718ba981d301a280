import { createHash } from 'node:crypto';
import type { DeviceAddress, PushSubscription } from '../../extension/messages.js';
import { InvalidInput } from '../../platform/errors/index.js';
import type { DeviceKind } from './device.js';

export interface DeviceWish {
  readonly kind: DeviceKind;
  readonly token?: string;
  readonly subscription?: PushSubscription;
}

/** The address that fits the kind. @throws InvalidInput when it is missing or of another kind */
export function addressOf({ kind, token, subscription }: DeviceWish): DeviceAddress {
  if (kind === 'webpush') {
    if (token !== undefined) throw InvalidInput.at('/token', 'not_of_kind', 'webpush has a subscription, no token');
    if (!subscription) throw InvalidInput.at('/subscription', 'required', 'webpush needs a subscription');
    const { endpoint, keys } = subscription;
    return { subscription: { endpoint, keys: { p256dh: keys.p256dh, auth: keys.auth } } };
  }
  if (subscription !== undefined)
    throw InvalidInput.at('/subscription', 'not_of_kind', `${kind} has a token, no subscription`);
  if (token === undefined) throw InvalidInput.at('/token', 'required', `${kind} needs a token`);
  return { token };
}

/** What makes two registrations the same device: the keys of a subscription may change, its endpoint does not. */
const identityOf = (address: DeviceAddress): string =>
  'token' in address ? address.token : address.subscription.endpoint;

/** Finds a device by its address without keeping the address readable: tokens are long and random. */
export const hashOf = (kind: DeviceKind, address: DeviceAddress): Buffer =>
  createHash('sha256')
    .update(`${kind}\0${identityOf(address)}`)
    .digest();

/** All that is shown of an address; of a short one nothing. */
export function lastFourOf(address: DeviceAddress): string {
  const identity = identityOf(address);
  return identity.length >= 12 ? identity.slice(-4) : '';
}

/** A sealed address opens in its own row only. */
export const boundToDevice = (clientId: string, deviceId: string): string => `device|${clientId}|${deviceId}`;

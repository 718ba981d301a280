import type { UserId } from '../../platform/database/index.js';
import type { SealedSecret } from '../../platform/security/index.js';

export const DEVICE_KINDS = ['webpush', 'fcm', 'apns'] as const;
export type DeviceKind = (typeof DEVICE_KINDS)[number];

/** What a browser's `PushSubscription.toJSON()` gives. */
export interface PushSubscription {
  readonly endpoint: string;
  readonly keys: { readonly p256dh: string; readonly auth: string };
}

/** Where push notifications reach a device. A secret: who has it may write to the device. */
export type DeviceAddress = { readonly token: string } | { readonly subscription: PushSubscription };

export interface Device {
  readonly id: string;
  readonly userId: UserId;
  readonly kind: DeviceKind;
  /** The address, sealed for this device of this client. */
  readonly address: SealedSecret;
  /** All of the address that is ever shown. */
  readonly lastFour: string;
  readonly createdAt: Date;
  readonly lastSeenAt: Date;
}

import type { UserId } from '../../platform/database/index.js';
import type { SealedSecret } from '../../platform/security/index.js';

export const DEVICE_KINDS = ['webpush', 'fcm', 'apns'] as const;
export type DeviceKind = (typeof DEVICE_KINDS)[number];

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

import { createECDH } from 'node:crypto';
import { ValidateBy, type ValidationArguments } from 'class-validator';
import { OneOf, Secret, Text } from '../../extension/index.js';

export const URGENCIES = ['very-low', 'low', 'normal', 'high'] as const;

/** 65 bytes: an uncompressed point of P-256, whose first byte is 4. */
const PUBLIC_KEY = /^B[A-Za-z0-9_-]{86}$/;
/** 32 bytes. */
const PRIVATE_KEY = /^[A-Za-z0-9_-]{43}$/;
/** RFC 8292 2.1 */
const SUBJECT = /^(mailto:[^\s@]+@[^\s@]+|https:\/\/[^\s]+)$/;

function isPairOf(privateKey: unknown, publicKey: unknown): boolean {
  if (typeof privateKey !== 'string' || typeof publicKey !== 'string') return false;
  try {
    const curve = createECDH('prime256v1');
    curve.setPrivateKey(Buffer.from(privateKey, 'base64url'));
    return curve.getPublicKey('base64url') === publicKey;
  } catch {
    return false;
  }
}

const PairOf = (other: string): PropertyDecorator =>
  ValidateBy({
    name: 'keyPair',
    validator: {
      validate: (value, args?: ValidationArguments) =>
        isPairOf(value, (args?.object as Record<string, unknown> | undefined)?.[other]),
      defaultMessage: () => `$property and ${other} are not a pair of VAPID keys`,
    },
  });

/** VAPID, RFC 8292: the keys that browsers subscribed with. */
export class WebPushSettings {
  @Text({
    max: 300,
    pattern: SUBJECT,
    example: 'mailto:push@shop.example',
    description: 'Where push services reach the sender: a mailto: or https: address',
  })
  readonly subject: string;
  @Text({
    max: 87,
    pattern: PUBLIC_KEY,
    example: 'BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM',
    description: 'The applicationServerKey of the subscriptions',
  })
  readonly publicKey: string;
  @Secret()
  @PairOf('publicKey')
  @Text({ max: 43, pattern: PRIVATE_KEY, example: '••••' })
  readonly privateKey: string;
  @OneOf(URGENCIES, {
    optional: true,
    default: 'normal',
    example: 'high',
    description: 'Below high, a device that saves its battery may get it later',
  })
  readonly urgency?: (typeof URGENCIES)[number];
}

import { ApiProperty } from '@nestjs/swagger';
import type { PushSubscription } from '../../../extension/messages.js';
import { Int, OneOf, Part, Text, Url } from '../../../platform/http/index.js';
import { DEVICE_KINDS, type DeviceKind } from '../device.js';
import { DeviceView } from '../device.view.js';
import type { DeviceWish } from '../devices.rules.js';

const TOKEN_MAX = 4_096;
const NO_SPACE = /^[^\s\0]+$/;
const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;

export class SubscriptionKeysDto {
  @Text({ min: 1, max: 200, pattern: BASE64, example: 'BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u' })
  readonly p256dh: string;
  @Text({ min: 1, max: 100, pattern: BASE64, example: 'tBHItJI5svbpez7KI4CCXg' })
  readonly auth: string;
}

export class SubscriptionDto implements PushSubscription {
  @Url({ protocols: ['https'], example: 'https://push.example/send/f9pK3w' })
  readonly endpoint: string;
  @Int({
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    optional: true,
    nullable: true,
    example: null,
    description: 'Browsers give it; unused',
  })
  readonly expirationTime?: number | null;
  @Part(() => SubscriptionKeysDto)
  readonly keys: SubscriptionKeysDto;
}

export class RegisterDeviceDto implements DeviceWish {
  @OneOf(DEVICE_KINDS, { example: 'fcm' })
  readonly kind: DeviceKind;
  @Text({
    min: 1,
    max: TOKEN_MAX,
    pattern: NO_SPACE,
    optional: true,
    example: 'fGh3kLmN0pQ:APA91bH-x9Qz',
    description: 'Of fcm and apns',
  })
  readonly token?: string;
  @Part(() => SubscriptionDto, { optional: true, description: 'Of webpush: what the browser’s subscription gives' })
  readonly subscription?: SubscriptionDto;
}

export class DevicePageView {
  @ApiProperty({ type: [DeviceView] }) readonly data: DeviceView[];
  @ApiProperty({ type: String, nullable: true, example: null }) readonly nextCursor: string | null;
}

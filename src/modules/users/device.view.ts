import { ApiProperty } from '@nestjs/swagger';
import { type Device, DEVICE_KINDS, type DeviceKind } from './device.js';

export class DeviceView {
  @ApiProperty({ format: 'uuid', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11' }) readonly id: string;
  @ApiProperty({ example: 'ann' }) readonly userId: string;
  @ApiProperty({ enum: DEVICE_KINDS, example: 'fcm' }) readonly kind: DeviceKind;
  @ApiProperty({ description: 'The end of its address, which is never shown whole', example: 'x9Qz' })
  readonly lastFour: string;
  @ApiProperty({ format: 'date-time', example: '2026-11-24T09:30:00.000Z' }) readonly createdAt: string;
  @ApiProperty({ format: 'date-time', description: 'When it was last registered', example: '2026-11-24T09:30:00.000Z' })
  readonly lastSeenAt: string;

  static of({ id, userId, kind, lastFour, createdAt, lastSeenAt }: Device): DeviceView {
    const times = { createdAt: createdAt.toISOString(), lastSeenAt: lastSeenAt.toISOString() };
    return { id, userId, kind, lastFour, ...times };
  }
}

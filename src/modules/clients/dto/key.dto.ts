import { ApiProperty } from '@nestjs/swagger';
import { ValidateBy } from 'class-validator';
import { Choices, Int, OneOf, Text, TextList, Time, UserIdField } from '../../../platform/http/index.js';
import { isAddressRange, type KeyType, type Scope, SCOPES } from '../../../platform/security/index.js';
import type { ApiKeyRecord, KeyOrigin } from '../api-key.entity.js';
import type { IssuedKey } from '../keys.service.js';

export class CreateKeyDto {
  @Text({ min: 1, max: 200, example: 'order service' })
  readonly name: string;
  @OneOf(['master', 'scoped'], { example: 'scoped' })
  readonly type: KeyType;
  @UserIdField({ optional: true, description: 'The user that a scoped key is' })
  readonly userId?: string;
  @Choices(SCOPES, {
    optional: true,
    min: 1,
    example: ['rooms:read', 'messages:write'],
    description: 'Of a scoped key; as after a login when absent',
  })
  readonly scopes?: Scope[];
  @Time({ optional: true })
  readonly expiresAt?: string;
  @ValidateBy({
    name: 'isAddressRange',
    validator: {
      validate: (ranges: unknown) => Array.isArray(ranges) && ranges.every(isAddressRange),
      defaultMessage: () => '$property are addresses, or CIDRs such as 203.0.113.0/24',
    },
  })
  @TextList({
    max: 50,
    maxLength: 64,
    optional: true,
    example: ['203.0.113.0/24'],
    description: 'Addresses and CIDRs the key works from; any when absent',
  })
  readonly allowedIps?: string[];
}

export class RotateKeyDto {
  @Int({
    min: 0,
    max: 604_800,
    optional: true,
    default: 0,
    example: 3_600,
    description: 'Seconds that the old key still works',
  })
  readonly overlapSeconds: number = 0;
}

const time = (at: Date | null): string | null => at?.toISOString() ?? null;

export class KeyView {
  @ApiProperty({ example: 'A1b2C3d4E5f6' }) readonly keyId: string;
  @ApiProperty({ example: 'order service' }) readonly name: string;
  @ApiProperty({ enum: ['master', 'scoped'], example: 'scoped' }) readonly type: KeyType;
  @ApiProperty({ enum: ['manual', 'login'], example: 'manual' }) readonly origin: KeyOrigin;
  @ApiProperty({ type: String, nullable: true, example: 'ann' }) readonly userId: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'phone' }) readonly device: string | null;
  @ApiProperty({ example: 'x9Qz' }) readonly lastFour: string;
  @ApiProperty({ enum: SCOPES, isArray: true, example: ['rooms:read'] }) readonly scopes: Scope[];
  @ApiProperty({ type: [String], example: [] }) readonly allowedIps: string[];
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null }) readonly lastUsedAt: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null }) readonly expiresAt: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null }) readonly revokedAt: string | null;
  @ApiProperty({ format: 'date-time', example: '2026-11-24T09:30:00.000Z' }) readonly createdAt: string;

  static of(key: ApiKeyRecord): KeyView {
    const { keyId, name, type, origin, userId, device, lastFour, scopes, allowedIps } = key;
    return {
      ...{ keyId, name, type, origin, userId, device, lastFour, scopes, allowedIps },
      lastUsedAt: time(key.lastUsedAt),
      expiresAt: time(key.expiresAt),
      revokedAt: time(key.revokedAt),
      createdAt: key.createdAt.toISOString(),
    };
  }
}

export class IssuedKeyView extends KeyView {
  @ApiProperty({ description: 'Shown this once', example: 'ck_scoped_…' }) readonly key: string;

  static ofIssued({ record, key }: IssuedKey): IssuedKeyView {
    return { ...KeyView.of(record), key };
  }
}

export class KeyPageView {
  @ApiProperty({ type: [KeyView] }) readonly data: KeyView[];
  @ApiProperty({ type: String, nullable: true, example: null }) readonly nextCursor: string | null;
}

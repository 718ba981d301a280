import { ApiProperty } from '@nestjs/swagger';
import type { User } from '../user.entity.js';

export class UserView {
  @ApiProperty({ example: 'ann' }) readonly userId: string;
  @ApiProperty({ type: String, nullable: true, example: 'Ann Lee' }) readonly displayName: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'ann@example.com' }) readonly email: string | null;
  @ApiProperty({ type: String, nullable: true, example: '+4915112345678' }) readonly phone: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'en-GB' }) readonly locale: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'Europe/Paris' }) readonly timezone: string | null;
  @ApiProperty({ type: 'object', additionalProperties: true, example: { plan: 'pro' } }) readonly metadata: Record<
    string,
    unknown
  >;
  @ApiProperty({ format: 'date-time', example: '2026-11-24T09:30:00.000Z' }) readonly createdAt: string;
  @ApiProperty({ format: 'date-time', example: '2026-11-24T09:30:00.000Z' }) readonly updatedAt: string;

  static of({ id, displayName, email, phone, locale, timezone, metadata, createdAt, updatedAt }: User): UserView {
    return {
      userId: id,
      displayName,
      email,
      phone,
      locale,
      timezone,
      metadata,
      createdAt: createdAt.toISOString(),
      updatedAt: updatedAt.toISOString(),
    };
  }
}

import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { ValidateBy } from 'class-validator';
import { Email, JsonObject, Phone, Text } from '../../../platform/http/index.js';
import { isLocale, isTimeZone } from '../users.rules.js';
import type { UserChanges } from '../users.service.js';
import { UserView } from './user.view.js';

const checked = (name: string, validate: (value: unknown) => boolean, message: string): PropertyDecorator =>
  ValidateBy({ name, validator: { validate, defaultMessage: () => message } });

/** A zone of the IANA database. */
export const TimeZone = (options: { optional?: boolean; nullable?: boolean } = {}): PropertyDecorator =>
  applyDecorators(
    Text({ min: 1, max: 64, example: 'Europe/Paris', description: 'A zone of the IANA database', ...options }),
    checked('timeZone', isTimeZone, '$property must be a time zone of the IANA database, such as Europe/Paris'),
  );

const Locale = (): PropertyDecorator =>
  applyDecorators(
    Text({ min: 1, max: 35, optional: true, nullable: true, example: 'en-GB', description: 'A BCP 47 language tag' }),
    checked('locale', isLocale, '$property must be a BCP 47 language tag, such as en-GB'),
  );

export class PutUserDto implements UserChanges {
  @Text({ max: 200, optional: true, nullable: true, example: 'Ann Lee' })
  readonly displayName?: string | null;
  @Email({ optional: true, nullable: true })
  readonly email?: string | null;
  @Phone({ optional: true, nullable: true })
  readonly phone?: string | null;
  @Locale()
  readonly locale?: string | null;
  @TimeZone({ optional: true, nullable: true })
  readonly timezone?: string | null;
  @JsonObject({ optional: true, nullable: true, example: { plan: 'pro' }, description: 'Up to 16 KB of JSON' })
  readonly metadata?: Record<string, unknown> | null;
}

export class UserPageView {
  @ApiProperty({ type: [UserView] }) readonly data: UserView[];
  @ApiProperty({ type: String, nullable: true, example: null }) readonly nextCursor: string | null;
}

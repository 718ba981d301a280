import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Choices, Email, Int, JsonObject, Phone, Text, UserIdField } from '../../../platform/http/index.js';
import { type KeyType, LOGIN_SCOPES, type Principal, type Scope, SCOPES } from '../../../platform/security/index.js';
import { type Client, ClientView } from '../../clients/index.js';
import { type User, UserView } from '../../users/index.js';
import type { LoggedIn, Login } from '../auth.service.js';

const TEN_YEARS_SECONDS = 315_360_000;

export class LoginDto implements Login {
  @UserIdField()
  readonly userId: string;
  @Text({ max: 200, optional: true, nullable: true, example: 'Ann Lee' })
  readonly displayName?: string | null;
  @Email({ optional: true, nullable: true })
  readonly email?: string | null;
  @Phone({ optional: true, nullable: true })
  readonly phone?: string | null;
  @JsonObject({ optional: true })
  readonly metadata?: Record<string, unknown>;
  @Choices(SCOPES, { optional: true, min: 1, default: LOGIN_SCOPES, example: ['rooms:read', 'messages:read'] })
  readonly scopes?: Scope[];
  @Text({
    min: 1,
    max: 128,
    optional: true,
    default: 'default',
    example: 'phone',
    description: 'Each device has its own key; a login ends the earlier one of the same device',
  })
  readonly device: string = 'default';
  @Int({ min: 1, max: TEN_YEARS_SECONDS, optional: true, example: 86_400 })
  readonly expiresInSeconds?: number;
}

export class LoginView {
  @ApiProperty({ type: UserView }) readonly user: UserView;
  @ApiProperty({ example: 'A1b2C3d4E5f6' }) readonly keyId: string;
  @ApiProperty({ description: 'Shown this once', example: 'ck_scoped_…' }) readonly apiKey: string;
  @ApiProperty({ enum: SCOPES, isArray: true, example: LOGIN_SCOPES }) readonly scopes: readonly Scope[];
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null }) readonly expiresAt: string | null;

  static of({ user, record, key }: LoggedIn): LoginView {
    return {
      user: UserView.of(user),
      keyId: record.keyId,
      apiKey: key,
      scopes: record.scopes,
      expiresAt: record.expiresAt?.toISOString() ?? null,
    };
  }
}

export class TicketView {
  @ApiProperty({ description: 'Good for one handshake', example: 'ct_…' }) readonly ticket: string;
  @ApiProperty({ type: 'integer', example: 30 }) readonly expiresInSeconds: number;
}

export class OwnKeyView {
  @ApiProperty({ enum: ['master', 'scoped'], example: 'scoped' }) readonly type: KeyType;
  @ApiProperty({ enum: SCOPES, isArray: true, example: LOGIN_SCOPES }) readonly scopes: readonly Scope[];
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null }) readonly expiresAt: string | null;
}

export class MeView {
  @ApiProperty({ type: ClientView }) readonly client: ClientView;
  @ApiPropertyOptional({ type: UserView }) readonly user?: UserView;
  @ApiProperty({ type: OwnKeyView }) readonly key: OwnKeyView;

  static of(client: Client, user: User | null, { keyType, scopes, expiresAt }: Principal): MeView {
    return {
      client: ClientView.of(client),
      ...(user && { user: UserView.of(user) }),
      key: {
        type: keyType,
        scopes: keyType === 'master' ? SCOPES : [...scopes],
        expiresAt: expiresAt?.toISOString() ?? null,
      },
    };
  }
}

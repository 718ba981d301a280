import { ApiProperty } from '@nestjs/swagger';
import type { SigningState } from './signing-secrets.repository.js';

export class SigningSecretView {
  @ApiProperty({ format: 'date-time', example: '2026-11-24T09:30:00.000Z' }) readonly createdAt: string;
  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    example: '2026-11-25T09:30:00.000Z',
    description: 'Until when calls are signed with an older secret, too; null when there is none',
  })
  readonly previousExpiresAt: string | null;

  static of({ createdAt, previousExpiresAt }: SigningState): SigningSecretView {
    return { createdAt: createdAt.toISOString(), previousExpiresAt: previousExpiresAt?.toISOString() ?? null };
  }
}

export class NewSigningSecretView extends SigningSecretView {
  @ApiProperty({ example: 'whsec_…', description: 'Shown this once' }) readonly secret: string;

  static ofNew(secret: string, state: SigningState): NewSigningSecretView {
    return { secret, ...SigningSecretView.of(state) };
  }
}

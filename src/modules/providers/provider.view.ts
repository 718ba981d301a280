import { ApiProperty } from '@nestjs/swagger';
import type { CatalogEntry } from './catalog.service.js';
import { PROVIDER_ROLES, type ProviderLimits, type ProviderRecord, type ProviderRole } from './provider.entity.js';
import type { Settings } from './provider-settings.js';

const free = (example: object) => ({ type: 'object', additionalProperties: true, example }) as const;

/** What of a provider is made for callers. */
export interface Shown {
  /** Masked. */
  readonly settings: Settings;
  readonly eventsUrl: string | null;
}

export class ProviderView {
  @ApiProperty({ format: 'uuid', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11' }) readonly id: string;
  @ApiProperty({ example: 'smtp' }) readonly kind: string;
  @ApiProperty({ example: 'email' }) readonly channel: string;
  @ApiProperty({ example: 'Our mail server' }) readonly name: string;
  @ApiProperty({
    ...free({ host: 'smtp.example.com', port: 587, password: '••••', from: 'shop@example.com' }),
    description: 'Secrets are masked',
  })
  readonly settings: Settings;
  @ApiProperty({ enum: PROVIDER_ROLES, example: 'any' }) readonly role: ProviderRole;
  @ApiProperty({ type: 'integer', example: 100 }) readonly priority: number;
  @ApiProperty({ type: 'integer', example: 1 }) readonly weight: number;
  @ApiProperty(free({ perHour: 5_000 })) readonly limits: ProviderLimits;
  @ApiProperty({ example: true }) readonly enabled: boolean;
  @ApiProperty({
    type: String,
    nullable: true,
    example: 'https://chat.example.com/api/v1/providers/0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11/events',
    description: 'Where it tells what became of messages; null where it does not, or `PUBLIC_URL` is not set',
  })
  readonly eventsUrl: string | null;
  @ApiProperty({ format: 'date-time', example: '2026-11-24T09:30:00.000Z' }) readonly createdAt: string;
  @ApiProperty({ format: 'date-time', example: '2026-11-24T09:30:00.000Z' }) readonly updatedAt: string;

  static of(
    { id, kind, channel, name, role, priority, weight, limits, enabled, createdAt, updatedAt }: ProviderRecord,
    { settings, eventsUrl }: Shown,
  ): ProviderView {
    const times = { createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
    return { id, kind, channel, name, settings, role, priority, weight, limits, enabled, eventsUrl, ...times };
  }
}

export class ProviderPageView {
  @ApiProperty({ type: [ProviderView] }) readonly data: ProviderView[];
  @ApiProperty({ type: String, nullable: true, example: null }) readonly nextCursor: string | null;
}

export class CatalogEntryView implements CatalogEntry {
  @ApiProperty({ example: 'smtp' }) readonly kind: string;
  @ApiProperty({ type: [String], example: ['email'] }) readonly channels: readonly string[];
  @ApiProperty({ example: 'SMTP' }) readonly title: string;
  @ApiProperty({
    type: [String],
    example: ['password'],
    description: 'Settings that are stored encrypted and never shown',
  })
  readonly secrets: readonly string[];
  @ApiProperty({ ...free({ type: 'object' }), description: 'JSON schema of the settings' }) readonly settings: object;
}

export class CatalogView {
  @ApiProperty({ type: [CatalogEntryView] }) readonly data: CatalogEntryView[];
}

export class VerifiedView {
  @ApiProperty({ example: true }) readonly ok: boolean;
  @ApiProperty({ type: String, nullable: true, example: null, description: 'What is wrong' }) readonly detail:
    string | null;
}

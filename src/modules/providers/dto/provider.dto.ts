import { Flag, Int, JsonObject, OneOf, Part, Text } from '../../../platform/http/index.js';
import { PROVIDER_ROLES, type ProviderLimits, type ProviderRole } from '../provider.entity.js';

const MAX = 1_000_000_000;

export class ProviderLimitsDto implements ProviderLimits {
  @Int({ min: 1, max: MAX, optional: true, example: 10 })
  readonly perSecond?: number;
  @Int({ min: 1, max: MAX, optional: true, example: 5_000 })
  readonly perHour?: number;
  @Int({ min: 1, max: MAX, optional: true, example: 50_000 })
  readonly perDay?: number;
}

export class CreateProviderDto {
  @Text({ min: 1, max: 40, example: 'smtp', description: 'One of the kinds in the catalog' })
  readonly kind: string;
  @Text({ min: 1, max: 200, example: 'Our mail server' })
  readonly name: string;
  @JsonObject({
    example: { host: 'smtp.example.com', port: 587, username: 'shop', password: 'secret', from: 'shop@example.com' },
    description: 'As the catalog says for the kind',
  })
  readonly settings: Record<string, unknown>;
  @OneOf(PROVIDER_ROLES, { optional: true, default: 'any' })
  readonly role: ProviderRole = 'any';
  @Int({ min: 0, max: 1_000_000, optional: true, default: 100, example: 100, description: 'Lower is tried first' })
  readonly priority: number = 100;
  @Int({ min: 1, max: 1_000, optional: true, default: 1, example: 1 })
  readonly weight: number = 1;
  @Part(() => ProviderLimitsDto, { optional: true })
  readonly limits?: ProviderLimitsDto;
  @Flag({ optional: true, default: true })
  readonly enabled: boolean = true;
}

/** Only what is sent changes. */
export class UpdateProviderDto {
  @Text({ min: 1, max: 200, optional: true, example: 'Our mail server' })
  readonly name?: string;
  @JsonObject({
    optional: true,
    example: { port: 465, secure: true },
    description: 'Only the settings that are sent change; a secret sent back as •••• stays',
  })
  readonly settings?: Record<string, unknown>;
  @OneOf(PROVIDER_ROLES, { optional: true })
  readonly role?: ProviderRole;
  @Int({ min: 0, max: 1_000_000, optional: true, example: 50 })
  readonly priority?: number;
  @Int({ min: 1, max: 1_000, optional: true, example: 1 })
  readonly weight?: number;
  @Part(() => ProviderLimitsDto, { optional: true })
  readonly limits?: ProviderLimitsDto;
  @Flag({ optional: true })
  readonly enabled?: boolean;
}

export class TestProviderDto {
  @Text({
    min: 1,
    max: 4_096,
    example: 'ann@example.com',
    description:
      'An address of the provider’s channel: an email address, a number, a URL, a device’s token, or the JSON of a browser’s push subscription',
  })
  readonly to: string;
}

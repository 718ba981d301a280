import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsArray, ValidateIf } from 'class-validator';
import { Flag, Int, JsonObject, Text } from '../../../../platform/http/index.js';
import { OVERLAP_MAX_SECONDS } from '../../../signing/index.js';
import { ActionFields, ACTIONS_MAX } from '../../actions/rule-check.js';
import type { SecretRotation, SourcePatch, SourceWish } from '../sources.service.js';
import { SECRET_MAX } from '../verification-fields.js';

export const EVENT_NAME = /^[A-Za-z0-9._-]{1,100}$/;

const VERIFICATION = {
  example: { scheme: 'hmac', header: 'X-Signature', prefix: 'sha256=', toleranceSeconds: 300 },
  description:
    '`scheme` (`standard hmac stripe github shopify slack mailgun none`, and what plugins bring), `secret`, `toleranceSeconds`, and beside them the scheme’s own settings; hmac: `algorithm encoding header prefix timestampHeader signedPayload`',
};
const ACTIONS = {
  type: () => [ActionFields],
  maxItems: ACTIONS_MAX,
  description: 'What is done about an event, in this order',
};

/** As they were sent: their own check reads them. */
const AsSent = (): PropertyDecorator =>
  Transform(({ obj, key }: { obj: Record<string, unknown>; key: string }) => obj[key]);

export class CreateSourceDto implements SourceWish {
  @Text({
    min: 1,
    max: 100,
    pattern: EVENT_NAME,
    example: 'order.paid',
    description: 'The last part of the address that is called',
  })
  readonly event: string;
  @JsonObject(VERIFICATION)
  readonly verification: Record<string, unknown>;
  @ApiPropertyOptional({ ...ACTIONS, default: [] })
  @AsSent()
  @ValidateIf((_object, value) => value !== undefined)
  @IsArray()
  readonly actions: unknown[] = [];
  @Int({
    min: 1,
    max: 720,
    optional: true,
    default: 72,
    example: 72,
    description: 'How long the same event is the same event',
  })
  readonly dedupeHours: number = 72;
  @Flag({
    optional: true,
    default: false,
    description: 'A body may carry `actions` of its own; not with a scheme that leaves bodies unsigned',
  })
  readonly trustBody: boolean = false;
  @Flag({ optional: true, default: true, description: 'One that is switched off answers 404' })
  readonly enabled: boolean = true;
  @Text({ max: 500, optional: true, nullable: true, example: 'Payments of the shop' })
  readonly description?: string | null;
}

/** Only what is sent changes; the name of the event stays. */
export class UpdateSourceDto implements SourcePatch {
  @JsonObject({
    ...VERIFICATION,
    optional: true,
    description: `Of the same scheme only what is sent changes; another scheme begins anew. ${VERIFICATION.description}`,
  })
  readonly verification?: Record<string, unknown>;
  @ApiPropertyOptional(ACTIONS)
  @AsSent()
  @ValidateIf((_object, value) => value !== undefined)
  @IsArray()
  readonly actions?: unknown[];
  @Int({ min: 1, max: 720, optional: true, example: 24 })
  readonly dedupeHours?: number;
  @Flag({ optional: true })
  readonly trustBody?: boolean;
  @Flag({ optional: true })
  readonly enabled?: boolean;
  @Text({ max: 500, optional: true, nullable: true, example: 'Payments of the shop' })
  readonly description?: string | null;
}

export class RotateSourceSecretDto implements SecretRotation {
  @Int({
    min: 0,
    max: OVERLAP_MAX_SECONDS,
    optional: true,
    default: 86_400,
    example: 86_400,
    description: 'How long the secrets before this one stay good',
  })
  readonly overlapSeconds: number = 86_400;
  @Text({
    min: 1,
    max: SECRET_MAX,
    optional: true,
    example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    description: 'Made when absent, where the scheme can',
  })
  readonly secret?: string;
}

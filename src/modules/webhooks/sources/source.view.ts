import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { ActionRule } from '../actions/action.js';
import { ActionFields } from '../actions/rule-check.js';
import type { WebhookSource } from './source.entity.js';
import { INSECURE_WARNING } from './source-verification.js';

/** What of a source is not in its row. */
export interface Shown {
  readonly url: string;
  readonly insecure: boolean;
  /** When it has just been made. */
  readonly secret?: string;
}

export class SourceView {
  @ApiProperty({ format: 'uuid', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11' }) readonly id: string;
  @ApiProperty({ example: 'order.paid' }) readonly event: string;
  @ApiProperty({
    example: 'https://chat.example.com/api/v1/webhooks/example-shop/order.paid',
    description:
      'Where the other system calls: below `PUBLIC_URL`, or where that is not set below the address of this request',
  })
  readonly url: string;
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    example: { scheme: 'stripe', toleranceSeconds: 300 },
    description: 'Without the secret',
  })
  readonly verification: Readonly<Record<string, unknown>>;
  @ApiProperty({ type: [ActionFields], example: [] }) readonly actions: readonly ActionRule[];
  @ApiProperty({ type: 'integer', example: 72 }) readonly dedupeHours: number;
  @ApiProperty({ example: false }) readonly trustBody: boolean;
  @ApiProperty({ example: true }) readonly enabled: boolean;
  @ApiProperty({ type: String, nullable: true, example: 'Payments of the shop' }) readonly description: string | null;
  @ApiProperty({ example: false, description: 'Whether anybody who knows the address can call it' })
  readonly insecure: boolean;
  @ApiProperty({ type: String, nullable: true, example: null, description: 'What is dangerous about it' })
  readonly warning: string | null;
  @ApiProperty({ format: 'date-time', example: '2026-11-24T09:30:00.000Z' }) readonly createdAt: string;
  @ApiProperty({ format: 'date-time', example: '2026-11-24T09:30:00.000Z' }) readonly updatedAt: string;

  static of(source: WebhookSource, { url, insecure }: Shown): SourceView {
    const { id, event, scheme, settings, toleranceSeconds, actions, dedupeHours, trustBody, enabled } = source;
    return {
      ...{ id, event, url, verification: { scheme, toleranceSeconds, ...settings } },
      ...{ actions, dedupeHours, trustBody, enabled, description: source.description },
      ...{ insecure, warning: insecure ? INSECURE_WARNING : null },
      createdAt: source.createdAt.toISOString(),
      updatedAt: source.updatedAt.toISOString(),
    };
  }
}

export class SourceWithSecretView extends SourceView {
  @ApiPropertyOptional({
    example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    description: 'Shown this once, when it was made here: a secret that was given is not repeated',
  })
  readonly secret?: string;

  static withSecret(source: WebhookSource, shown: Shown): SourceWithSecretView {
    return { ...SourceView.of(source, shown), ...(shown.secret !== undefined && { secret: shown.secret }) };
  }
}

export class SourcePageView {
  @ApiProperty({ type: [SourceView] }) readonly data: SourceView[];
  @ApiProperty({ type: String, nullable: true, example: null }) readonly nextCursor: string | null;
}

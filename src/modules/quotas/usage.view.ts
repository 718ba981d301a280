import { ApiProperty } from '@nestjs/swagger';
import type { QuotaUse } from './quotas.js';
import { channelOf, type Window, WINDOWS } from './quotas.rules.js';

export class QuotaUseView {
  @ApiProperty({ enum: ['messages', 'notifications', 'deliveries'], example: 'deliveries' })
  readonly what: 'messages' | 'notifications' | 'deliveries';
  @ApiProperty({ type: String, nullable: true, example: 'email', description: 'Of deliveries; else null' })
  readonly channel: string | null;
  @ApiProperty({ enum: WINDOWS, example: 'hour', description: 'The clock’s hours, and days of UTC' })
  readonly window: Window;
  @ApiProperty({ type: 'integer', example: 800, description: 'Exact where there is a limit; else up to 60 s behind' })
  readonly used: number;
  @ApiProperty({ type: 'integer', nullable: true, example: 1_000, description: 'Null: none' })
  readonly limit: number | null;
  @ApiProperty({ format: 'date-time', example: '2026-11-24T10:00:00.000Z', description: 'When the window ends' })
  readonly resetsAt: string;

  static of({ what, window, used, limit, resetsAt }: QuotaUse): QuotaUseView {
    const channel = channelOf(what);
    const named = what === 'messages' || what === 'notifications' ? what : 'deliveries';
    return { what: named, channel, window, used, limit, resetsAt: resetsAt.toISOString() };
  }
}

export class UsageView {
  @ApiProperty({ type: [QuotaUseView] }) readonly quotas: readonly QuotaUseView[];

  static of(uses: readonly QuotaUse[]): UsageView {
    return { quotas: uses.map(QuotaUseView.of) };
  }
}

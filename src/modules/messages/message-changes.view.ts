import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { MessageVersion } from './message-changes.repository.js';
import { MessageView } from './message.view.js';
import type { Receipt } from './receipts.repository.js';
import { highlightOf } from './search.rules.js';
import type { StoredMessage } from './stored-message.js';
import { TRACE_STEPS, type TraceStep } from './trace.service.js';

const ID = { format: 'uuid', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c12' } as const;
const TIME = { format: 'date-time', example: '2026-11-24T09:30:00.000Z' } as const;
const NULLABLE_TIME = {
  type: String,
  format: 'date-time',
  nullable: true,
  example: '2026-11-24T09:30:00.000Z',
} as const;
const CURSOR = { type: String, nullable: true, example: null } as const;

export class MessageVersionView {
  @ApiProperty({ type: 'integer', example: 1 }) readonly version: number;
  @ApiProperty({ type: String, nullable: true, example: 'Where is my parcel?' }) readonly content: string | null;
  @ApiProperty(TIME) readonly createdAt: string;

  static of({ version, content, createdAt }: MessageVersion): MessageVersionView {
    return { version, content, createdAt: createdAt.toISOString() };
  }
}

export class MessageVersionsView {
  @ApiProperty({ type: [MessageVersionView] }) readonly data: MessageVersionView[];
  @ApiProperty(CURSOR) readonly nextCursor: string | null;
}

export class FoundMessageView extends MessageView {
  @ApiProperty({
    description: 'The part around the first hit, as HTML that is safe to show: escaped, hits in `<mark>`',
    example: 'Where is my <mark>parcel</mark>?',
  })
  readonly highlight: string;

  static found(message: StoredMessage, query: string): FoundMessageView {
    return { ...MessageView.of(message), highlight: highlightOf(message.content ?? '', query) };
  }
}

export class FoundPageView {
  @ApiProperty({ type: [FoundMessageView] }) readonly data: FoundMessageView[];
  @ApiProperty(CURSOR) readonly nextCursor: string | null;
}

export class ReceiptView {
  @ApiProperty({ example: 'bob' }) readonly userId: string;
  @ApiProperty(NULLABLE_TIME) readonly deliveredAt: string | null;
  @ApiProperty(NULLABLE_TIME) readonly readAt: string | null;

  static of({ userId, deliveredAt, readAt }: Receipt): ReceiptView {
    return { userId, deliveredAt: deliveredAt?.toISOString() ?? null, readAt: readAt?.toISOString() ?? null };
  }
}

export class TraceStepView {
  @ApiProperty(TIME) readonly at: string;
  @ApiProperty({
    enum: TRACE_STEPS,
    example: 'stored',
    description:
      '`escalated`: left unread by a member who was away, it went out as a notification; `unreachable`: it would have, and no wanted channel reaches them',
  })
  readonly step: TraceStep['step'];
  @ApiPropertyOptional({ example: 'bob' }) readonly userId?: string;
  @ApiPropertyOptional({ type: 'integer', example: 2, description: 'Sockets of one node it was written to' })
  readonly sockets?: number;
  @ApiPropertyOptional({ example: 'email', description: 'Where it was escalated to' }) readonly channel?: string;
  @ApiPropertyOptional({ ...ID, description: 'The notification it was escalated with' })
  readonly notificationId?: string;

  static of({ at, ...step }: TraceStep): TraceStepView {
    return { at: at.toISOString(), ...step };
  }
}

export class TraceView {
  @ApiProperty(ID) readonly messageId: string;
  @ApiProperty({ type: [TraceStepView] }) readonly steps: TraceStepView[];
}

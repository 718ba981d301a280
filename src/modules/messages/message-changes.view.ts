import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { MessageVersion } from './message-changes.repository.js';
import { MessageView } from './message.view.js';
import type { Receipt } from './receipts.repository.js';
import { highlightOf } from './search.rules.js';
import type { StoredMessage } from './stored-message.js';
import type { TraceStep } from './trace.service.js';

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
  @ApiProperty({ enum: ['stored', 'fanned_out', 'delivered', 'read'], example: 'stored' })
  readonly step: TraceStep['step'];
  @ApiPropertyOptional({ example: 'bob' }) readonly userId?: string;
  @ApiPropertyOptional({ type: 'integer', example: 2, description: 'Sockets of one node it was written to' })
  readonly sockets?: number;

  static of({ at, ...step }: TraceStep): TraceStepView {
    return { at: at.toISOString(), ...step };
  }
}

export class TraceView {
  @ApiProperty(ID) readonly messageId: string;
  @ApiProperty({ type: [TraceStepView] }) readonly steps: TraceStepView[];
}

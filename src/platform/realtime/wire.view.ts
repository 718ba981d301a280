import { ApiProperty, ApiPropertyOptional, PickType } from '@nestjs/swagger';
import { ProblemView } from '../http/index.js';
import { CLOSE } from './close.js';
import type { ReplyError } from './connection.js';

const CODES = Object.values(CLOSE).map(({ code }) => code);
const REASONS = Object.values(CLOSE).map(({ reason }) => reason);

/** The further members of the problem document that the same refusal is over HTTP. */
class RefusalDetailsView extends PickType(ProblemView, [
  ...(['errors', 'scope', 'limit', 'maxMembers', 'missing'] as const),
  ...(['quota', 'window', 'resetsAt'] as const),
]) {}

export class CommandErrorView implements ReplyError {
  @ApiProperty({ description: 'Stable; programs decide by it', example: 'not_found' }) readonly code: string;
  @ApiProperty({ example: 'There is no such thing here, or this key may not see it.' }) readonly message: string;
  @ApiProperty({ description: 'Whether the same may succeed later', example: false }) readonly temporary: boolean;
  @ApiPropertyOptional({ type: 'integer', description: 'When it may', example: 1_000 }) readonly retryAfterMs?: number;
  @ApiPropertyOptional({ type: RefusalDetailsView }) readonly details?: RefusalDetailsView;
}

/** What `connect_error` has as its `data`. */
export class RefusedHandshakeView extends CommandErrorView {
  @ApiPropertyOptional({ enum: CODES, description: 'The close code that says the same', example: 4001 })
  readonly close?: number;
}

/** What `server.close` says before Socket.IO disconnects. */
export class ServerCloseView {
  @ApiProperty({ enum: CODES, example: CLOSE.draining.code }) readonly code: number;
  @ApiProperty({ enum: REASONS, example: CLOSE.draining.reason }) readonly reason: string;
}

import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { DomainError, type ErrorDetails, type InputFault } from '../errors/index.js';

export class InputFaultView implements InputFault {
  @ApiProperty({ description: 'RFC 6901 pointer to the faulty place', example: '/members/0/role' })
  readonly pointer: string;
  @ApiProperty({ example: 'is_in' })
  readonly code: string;
  @ApiProperty({ example: 'role must be one of: owner, admin, member' })
  readonly message: string;
}

/** Every refusal, as RFC 9457 `application/problem+json`. */
export class ProblemView {
  @ApiProperty({ example: 'urn:chatapi:problem:validation_failed' })
  readonly type: string;
  @ApiProperty({ example: 'Validation failed' })
  readonly title: string;
  @ApiProperty({ type: 'integer', example: 400 })
  readonly status: number;
  @ApiProperty({ example: 'The request has a fault; see errors.' })
  readonly detail: string;
  @ApiProperty({ description: 'Stable; programs decide by it', example: 'validation_failed' })
  readonly code: string;
  @ApiProperty({ example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11' })
  readonly requestId: string;
  @ApiPropertyOptional({ type: [InputFaultView] })
  readonly errors?: readonly InputFault[];
  @ApiPropertyOptional({
    description:
      'Whose limit was met: `client`, `key`, `route`, `address`, `source` or `connection`; of a quota `client`, `channel` or `provider`',
    example: 'client',
  })
  readonly scope?: string;
  @ApiPropertyOptional({ type: 'integer', description: 'Where a limit was met: what it is', example: 200 })
  readonly limit?: number;
  @ApiPropertyOptional({
    description: 'Of `quota_exceeded`: `messages`, `notifications` or a channel',
    example: 'email',
  })
  readonly quota?: string;
  @ApiPropertyOptional({ enum: ['hour', 'day'], description: 'Of `quota_exceeded`', example: 'day' })
  readonly window?: string;
  @ApiPropertyOptional({
    format: 'date-time',
    description: 'Of `quota_exceeded`: when its window ends',
    example: '2026-11-25T00:00:00.000Z',
  })
  readonly resetsAt?: string;
  @ApiPropertyOptional({ type: 'integer', description: 'Of `payload_too_large`', example: 262_144 })
  readonly limitBytes?: number;
  @ApiPropertyOptional({ type: 'integer', description: 'Of `room_full`', example: 100 })
  readonly maxMembers?: number;
  @ApiPropertyOptional({ type: [String], description: 'Of `scope_missing`', example: ['rooms:write'] })
  readonly missing?: readonly string[];
}

/** Problem types are names, not pages: the `code` is what matters. */
export const TYPE_PREFIX = 'urn:chatapi:problem:';

export const titleOf = (code: string): string => code.charAt(0).toUpperCase() + code.slice(1).replaceAll('_', ' ');

export function problemOf(error: DomainError, requestId: string): ProblemView & Record<string, unknown> {
  const { errors, scope, members }: ErrorDetails = error.details;
  return {
    type: TYPE_PREFIX + error.code,
    title: titleOf(error.code),
    status: error.status,
    detail: error.message,
    code: error.code,
    requestId,
    ...(errors && { errors }),
    ...(scope && { scope }),
    ...members,
  };
}

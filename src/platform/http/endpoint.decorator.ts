import { applyDecorators, HttpCode, HttpStatus, type Type } from '@nestjs/common';
import { ApiExtraModels, ApiOperation, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { ProblemView } from './problem.js';

/** The refusals of single endpoints, with their status. Those that any endpoint can give are added to the document by its kind. */
const REFUSALS = {
  user_required: 400,
  forbidden: 403,
  banned: 409,
  conflict: 409,
  slug_taken: 409,
  last_master_key: 409,
  room_full: 409,
  room_inactive: 409,
  already_member: 409,
  idempotency_in_progress: 409,
  idempotency_mismatch: 422,
  no_recipient: 422,
  provider_in_use: 409,
  payload_too_large: 413,
  slow_mode: 429,
  quota_exceeded: 429,
} as const;
export type Refusal = keyof typeof REFUSALS;

interface EndpointOptions {
  /** What the answer's body is; none for 204. */
  readonly returns?: Type<unknown>;
  readonly status?: HttpStatus;
  /** A second status of success, such as 200 for what was there already. */
  readonly also?: { readonly status: HttpStatus; readonly description: string };
  readonly errors?: readonly Refusal[];
  readonly description?: string;
}

const problemResponse = (status: number, codes: readonly string[]) =>
  ApiResponse({
    status,
    description: codes.map((code) => `\`${code}\``).join(', '),
    content: {
      'application/problem+json': {
        schema: { $ref: getSchemaPath(ProblemView) },
        examples: Object.fromEntries(codes.map((code) => [code, { value: problemExample(status, code) }])),
      },
    },
  });

export function problemExample(status: number, code: string): object {
  const title = code.charAt(0).toUpperCase() + code.slice(1).replaceAll('_', ' ');
  return {
    type: `urn:chatapi:problem:${code}`,
    title,
    status,
    detail: `${title}.`,
    code,
    requestId: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11',
  };
}

/** What an endpoint is, for callers: its summary, what it answers and how it refuses. */
export function Endpoint(summary: string, options: EndpointOptions = {}): MethodDecorator {
  const { returns, status = returns ? HttpStatus.OK : HttpStatus.NO_CONTENT, also, errors = [], description } = options;
  const statuses = [...new Set(errors.map((code) => REFUSALS[code]))];
  const body = returns ? { type: returns } : {};
  return applyDecorators(
    HttpCode(status),
    ApiOperation({ summary, ...(description && { description }) }),
    ApiExtraModels(ProblemView),
    ApiResponse({ status, description: summary, ...body }),
    ...(also ? [ApiResponse({ ...also, ...body })] : []),
    ...statuses.map((at) =>
      problemResponse(
        at,
        errors.filter((code) => REFUSALS[code] === at),
      ),
    ),
  );
}

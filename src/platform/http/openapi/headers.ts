import type { HeaderObject, HeadersObject } from '@nestjs/swagger';

const integer = (example: number) => ({ type: 'integer', minimum: 0, example }) as const;

/** Headers of answers. */
export const ANSWER_HEADERS = {
  'X-Request-Id': {
    description: 'The caller’s own, or one that was made; leads to the call in the log',
    schema: { type: 'string', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11' },
  },
  'RateLimit-Limit': { description: 'Calls of the window with the least left', schema: integer(200) },
  'RateLimit-Remaining': { description: 'How many are left in it', schema: integer(199) },
  'RateLimit-Reset': { description: 'Seconds until it starts anew', schema: integer(1) },
  'RateLimit-Policy': {
    description: 'Its calls and its seconds',
    schema: { type: 'string', example: '200;w=1' },
  },
  'Retry-After': { description: 'Seconds after which the same call may succeed', schema: integer(1) },
  'Idempotency-Replayed': {
    description: '`true` when this is the answer to an earlier call with the same key',
    schema: { type: 'string', enum: ['true'], example: 'true' },
  },
  'WWW-Authenticate': {
    description: 'How to send a key',
    schema: { type: 'string', example: 'Bearer realm="chatapi"' },
  },
} as const satisfies Record<string, HeaderObject>;

export type AnswerHeader = keyof typeof ANSWER_HEADERS;

export const RATE_LIMIT = ['RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset', 'RateLimit-Policy'] as const;

export const answerHeaders = (...names: readonly AnswerHeader[]): HeadersObject =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));

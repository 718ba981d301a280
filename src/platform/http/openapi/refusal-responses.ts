import { type ExampleObject, getSchemaPath, type ReferenceObject, type ResponseObject } from '@nestjs/swagger';
import { ProblemView, titleOf, TYPE_PREFIX } from '../problem.js';
import { type Refusal, refusal } from '../refusals.js';
import { type AnswerHeader, answerHeaders, RATE_LIMIT } from './headers.js';

/** The refusals of a whole document: each combination that occurs is written once and referred to. */
export class RefusalResponses {
  readonly responses: Record<string, ResponseObject> = {};
  readonly examples: Record<string, ExampleObject> = {};

  /** One response for each status that these codes have. */
  by(codes: readonly Refusal[]): Record<string, ReferenceObject> {
    const statuses = [...new Set(codes.map((code) => refusal(code).status))];
    return Object.fromEntries(
      statuses.map((status) => [
        status,
        this.response(
          status,
          codes.filter((code) => refusal(code).status === status),
        ),
      ]),
    );
  }

  private response(status: number, codes: readonly Refusal[]): ReferenceObject {
    const name = codes.join('.');
    this.responses[name] ??= {
      description: codes.map((code) => `\`${shown(code)}\`: ${refusal(code).meaning}`).join('\n\n'),
      headers: answerHeaders(...headersOf(status, codes)),
      content: {
        'application/problem+json': {
          schema: { $ref: getSchemaPath(ProblemView) },
          examples: Object.fromEntries(codes.map((code) => [shown(code), this.example(code)])),
        },
      },
    };
    return { $ref: `#/components/responses/${name}` };
  }

  private example(code: Refusal): ReferenceObject {
    const { status, meaning, members } = refusal(code);
    const requestId = '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11';
    const said = shown(code);
    this.examples[code] ??= {
      value: {
        type: TYPE_PREFIX + said,
        title: titleOf(said),
        status,
        detail: meaning,
        code: said,
        requestId,
        ...members,
      },
    };
    return { $ref: `#/components/examples/${code}` };
  }
}

/** The code that callers see. */
const shown = (code: Refusal): string => refusal(code).code ?? code;

/** Where the key is no key nothing is counted, and when we fail nothing is said. */
const NOT_COUNTED = [401, 500, 503];
const COME_BACK: readonly Refusal[] = [
  'rate_limited',
  'quota_exceeded',
  'slow_mode',
  'unavailable',
  'idempotency_in_progress',
];

function headersOf(status: number, codes: readonly Refusal[]): AnswerHeader[] {
  const names: AnswerHeader[] = ['X-Request-Id'];
  if (status === 401) names.push('WWW-Authenticate');
  if (codes.some((code) => COME_BACK.includes(code))) names.push('Retry-After');
  return NOT_COUNTED.includes(status) ? names : [...names, ...RATE_LIMIT];
}

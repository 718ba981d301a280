import type {
  OperationObject,
  ParameterObject,
  ReferenceObject,
  RequestBodyObject,
  ResponseObject,
} from '@nestjs/swagger';
import { LOGIN_SCOPES, OPERATOR_SCHEME } from '../../security/index.js';
import { EXAMPLE_OF, REFUSALS_OF } from '../endpoint.decorator.js';
import { type Refusal, REFUSALS } from '../refusals.js';
import type { BodyExamples } from './example.js';
import { PATH_PARAMETERS, type SHARED_PARAMETERS } from './frame.js';
import { type AnswerHeader, answerHeaders, RATE_LIMIT } from './headers.js';
import type { RefusalResponses } from './refusal-responses.js';

/** As the decorators made it, with what they noted for here. */
export interface DecoratedOperation extends OperationObject {
  readonly 'x-scopes'?: readonly string[];
  readonly [REFUSALS_OF]?: readonly Refusal[];
  readonly [EXAMPLE_OF]?: object;
}

/** What decides about everything that many operations have in common. */
interface Kind {
  readonly access: 'public' | 'operator' | 'key';
  readonly scopes: readonly string[];
  /** Whether a master key may act as a user here: where a login's scopes suffice, or a mere key. */
  readonly asUser: boolean;
  readonly idempotent: boolean;
}

const sharedParameter = (name: keyof typeof SHARED_PARAMETERS): ReferenceObject => ({
  $ref: `#/components/parameters/${name}`,
});

/** What operations have in common, each written once in the document. */
export interface Commons {
  readonly refusals: RefusalResponses;
  readonly examples: BodyExamples;
}

/** An operation with all that follows from its kind: parameters, headers, refusals, examples. */
export function completed(decorated: DecoratedOperation, { refusals, examples }: Commons): OperationObject {
  const { [REFUSALS_OF]: own = [], [EXAMPLE_OF]: example, ...operation } = decorated;
  const kind = kindOf(decorated);
  const parameters = parametersOf(operation.parameters ?? [], kind);
  const body = operation.requestBody as RequestBodyObject | undefined;
  const codes = refusalsOf(kind, { own, parameters, takesBody: body !== undefined });
  const successes = Object.entries(operation.responses).map(([status, response]): [string, ResponseObject] => [
    status,
    answered(response as ResponseObject, kind, examples),
  ]);
  return {
    ...operation,
    security: operation.security ?? [],
    parameters,
    ...(body && { requestBody: { ...body, content: examples.with(body.content, example) } }),
    responses: { ...Object.fromEntries<ResponseObject>(successes), ...refusals.by(codes) },
  };
}

function kindOf({ security = [], parameters = [], 'x-scopes': scopes = [] }: DecoratedOperation): Kind {
  const schemes = security.flatMap((requirement) => Object.keys(requirement));
  const access = schemes.length === 0 ? 'public' : schemes.includes(OPERATOR_SCHEME) ? 'operator' : 'key';
  return {
    access,
    scopes,
    asUser: access === 'key' && scopes.every((scope) => LOGIN_SCOPES.some((granted) => granted === scope)),
    idempotent: parameters.some((parameter) => 'name' in parameter && parameter.name === 'Idempotency-Key'),
  };
}

function parametersOf(declared: readonly (ParameterObject | ReferenceObject)[], { asUser }: Kind) {
  const parameters = declared.map((parameter) =>
    'in' in parameter && parameter.in === 'path' ? { ...parameter, ...PATH_PARAMETERS[parameter.name] } : parameter,
  );
  return asUser ? [...parameters, sharedParameter('X-User-Id')] : parameters;
}

interface Asked {
  readonly own: readonly Refusal[];
  readonly parameters: readonly (ParameterObject | ReferenceObject)[];
  readonly takesBody: boolean;
}

/** Every refusal of an operation, in the order of the table: by status. */
function refusalsOf({ access, scopes, idempotent }: Kind, { own, parameters, takesBody }: Asked): Refusal[] {
  const takesPath = parameters.some((parameter) => 'in' in parameter && parameter.in === 'path');
  const takesMore = takesBody || parameters.some((parameter) => !('in' in parameter) || parameter.in !== 'path');
  const needsScopes = access === 'key' && scopes.some((scope) => scope.includes(':'));
  const given = new Set<Refusal>([
    ...own,
    'internal',
    ...when(takesMore, 'validation_failed'),
    ...when(access !== 'public', 'unauthenticated', 'forbidden', 'client_suspended', 'rate_limited', 'unavailable'),
    ...when(needsScopes, 'scope_missing'),
    ...when(takesPath, 'not_found'),
    ...when(takesBody, 'payload_too_large', 'unsupported_media_type'),
    ...when(idempotent, 'idempotency_in_progress', 'idempotency_mismatch'),
  ]);
  return (Object.keys(REFUSALS) as Refusal[]).filter((code) => given.has(code));
}

const when = (holds: boolean, ...codes: readonly Refusal[]): readonly Refusal[] => (holds ? codes : []);

function answered(response: ResponseObject, { access, idempotent }: Kind, examples: BodyExamples): ResponseObject {
  const names: AnswerHeader[] = ['X-Request-Id'];
  if (access !== 'public') names.push(...RATE_LIMIT);
  if (idempotent) names.push('Idempotency-Replayed');
  return {
    ...response,
    headers: answerHeaders(...names),
    ...(response.content && { content: examples.with(response.content) }),
  };
}

import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { Request, Response } from 'express';
import { asUnavailable } from '../database/index.js';
import { DomainError, InvalidInput, NotFound } from '../errors/index.js';
import type { AuthenticatedRequest } from '../security/index.js';
import { TOO_MANY, TOO_MANY_MARKS } from './body.js';
import { RateRefusals } from './limits/index.js';
import { requestIdOf, routeOf } from './request-id.js';
import { problemOf } from './problem.js';

const PROBLEM_JSON = 'application/problem+json';

/** Turns whatever was thrown into a problem document. Unknown errors become 500 with nothing of the cause in the answer. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly log = new Logger(ProblemFilter.name);

  constructor(private readonly rateRefusals: RateRefusals) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    const error = asDomainError(thrown);
    this.rateRefusals.note(error);
    if (error.kind === 'internal') this.log.error({ err: thrown, ...whatFailed(request) });
    if (response.headersSent) return void response.destroy();
    sendProblem(request, response, error);
  }
}

/** The route by its pattern: the address may hold what people are called. */
function whatFailed(request: Request & AuthenticatedRequest): object {
  const { method, principal } = request;
  return {
    ...{ requestId: requestIdOf(request), method, route: routeOf(request) },
    ...(principal && { clientId: principal.clientId, keyId: principal.keyId }),
  };
}

/** For what no route takes; under the API's prefix Nest says so itself. */
export function nothingHere(request: Request, response: Response): void {
  sendProblem(request, response, new NotFound());
}

export function sendProblem(request: Request, response: Response, error: DomainError): void {
  if (error.details.retryAfterSeconds !== undefined)
    response.setHeader('Retry-After', Math.max(1, Math.ceil(error.details.retryAfterSeconds)));
  if (error.kind === 'unauthenticated' && !response.hasHeader('WWW-Authenticate'))
    response.setHeader('WWW-Authenticate', 'Bearer realm="chatapi"');
  response
    .status(error.status)
    .type(PROBLEM_JSON)
    .send(JSON.stringify(problemOf(error, requestIdOf(request))));
}

/** What body-parser throws: https://github.com/expressjs/body-parser#errors */
interface BodyError extends Error {
  /** Absent when the body could not be unpacked. */
  readonly type?: string;
  readonly limit?: number;
}
const isBodyError = (error: unknown): error is BodyError =>
  error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number' && error.statusCode < 500;

export function asDomainError(thrown: unknown): DomainError {
  const error = asUnavailable(thrown);
  if (error instanceof DomainError) return error;
  if (isBodyError(error)) return bodyProblem(error);
  if (error instanceof HttpException) return httpProblem(error);
  if (error instanceof URIError) return new NotFound();
  if (isDataException(error))
    return new InvalidInput([
      {
        pointer: '',
        code: 'not_storable',
        message: 'A value cannot be stored as text: it holds a NUL or broken Unicode, or is out of range.',
      },
    ]);
  return new DomainError(
    'internal',
    'internal',
    'Something went wrong on our side; the request id leads to it in the log.',
  );
}

function bodyProblem(error: BodyError): DomainError {
  switch (error.type) {
    case 'entity.too.large':
      return payloadTooLarge(error.limit ?? 0);
    case TOO_MANY_MARKS:
      return InvalidInput.at(TOO_MANY.pointer, TOO_MANY.code, TOO_MANY.message);
    case 'charset.unsupported':
    case 'encoding.unsupported':
      return new DomainError(
        'unsupported',
        'unsupported_media_type',
        'Send UTF-8, and not compressed in a way that is not known here.',
      );
    default:
      return InvalidInput.at('', 'invalid_json', 'The body is not the JSON object it should be.');
  }
}

export const payloadTooLarge = (limitBytes: number): DomainError =>
  new DomainError('too_large', 'payload_too_large', `The body is over the limit of ${limitBytes} bytes.`, {
    members: { limitBytes },
  });

function httpProblem(error: HttpException): DomainError {
  switch (error.getStatus()) {
    case 400: // Nest's word for an address that cannot be decoded: it names nothing
    case 404:
      return new NotFound();
    case 413:
      return new DomainError('too_large', 'payload_too_large', error.message);
    case 415:
      return new DomainError('unsupported', 'unsupported_media_type', error.message);
    case 503:
      return new DomainError('unavailable', 'unavailable', error.message, { retryAfterSeconds: 1 });
    default:
      return new DomainError(
        error.getStatus() < 500 ? 'invalid' : 'internal',
        error.getStatus() < 500 ? 'invalid_request' : 'internal',
        error.message,
      );
  }
}

/** SQLSTATE class 22: the caller's value does not fit its column. Validation catches these; this is the net below it. */
function isDataException(error: unknown): boolean {
  const cause = error instanceof Error && 'driverError' in error ? error.driverError : error;
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' && /^22/.test(cause.code);
}

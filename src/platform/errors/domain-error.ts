/** What went wrong, in the business's terms; each transport has its own answer to a kind. */
export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'too_large'
  | 'unsupported'
  | 'unprocessable'
  | 'rate_limited'
  | 'internal'
  | 'unavailable';

/** The one table from a kind of refusal to its HTTP status. */
export const STATUS_OF: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  unsupported: 415,
  unprocessable: 422,
  rate_limited: 429,
  internal: 500,
  unavailable: 503,
};

/** One fault of the input, with an RFC 6901 pointer to the place. */
export interface InputFault {
  readonly pointer: string;
  readonly code: string;
  readonly message: string;
}

export interface ErrorDetails {
  readonly errors?: readonly InputFault[];
  /** Seconds after which the same call may succeed. */
  readonly retryAfterSeconds?: number;
  /** Which limit was met: `client`, `key`, `address`, `channel`, … */
  readonly scope?: string;
  /** Further members of the problem document, such as the limit that was passed. */
  readonly members?: Readonly<Record<string, unknown>>;
}

/** A refusal that callers are told about. `code` is stable, `message` says what to do. */
export class DomainError extends Error {
  constructor(
    readonly kind: ErrorKind,
    readonly code: string,
    message: string,
    readonly details: ErrorDetails = {},
  ) {
    super(message);
    this.name = new.target.name;
  }

  get status(): number {
    return STATUS_OF[this.kind];
  }

  /** Whether the same call may succeed later without being changed. */
  get temporary(): boolean {
    return this.kind === 'rate_limited' || this.kind === 'unavailable' || this.kind === 'internal';
  }
}

/** The one answer for what does not exist, is another client's, or is in a room the caller is not in. */
export class NotFound extends DomainError {
  constructor() {
    super('not_found', 'not_found', 'There is no such thing here, or this key may not see it.');
  }
}

export class InvalidInput extends DomainError {
  constructor(
    errors: readonly InputFault[],
    message = `The request has ${errors.length === 1 ? 'a fault' : `${errors.length} faults`}; see errors.`,
  ) {
    super('invalid', 'validation_failed', message, { errors });
  }

  /** A single fault at one place. */
  static at(pointer: string, code: string, message: string): InvalidInput {
    return new InvalidInput([{ pointer, code, message }]);
  }
}

export class UserRequired extends DomainError {
  constructor() {
    super('invalid', 'user_required', 'This needs a user: use a scoped key, or name one with X-User-Id.');
  }
}

export class Unavailable extends DomainError {
  constructor(
    message = 'Not right now. Send it again under the same clientMessageId or Idempotency-Key: it may have been stored.',
    retryAfterSeconds = 1,
  ) {
    super('unavailable', 'unavailable', message, { retryAfterSeconds });
  }
}

/** A key that makes retries safe was used before, for something else. */
export class IdempotencyMismatch extends DomainError {
  constructor(what: 'Idempotency-Key' | 'clientMessageId') {
    super(
      'unprocessable',
      'idempotency_mismatch',
      `This ${what} was used before, with other content. Use a new one for a new request.`,
    );
  }
}

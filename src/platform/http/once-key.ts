import { createHash } from 'node:crypto';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import type { ClientId } from '../database/index.js';
import { InvalidInput } from '../errors/index.js';
import type { AuthenticatedRequest } from '../security/index.js';

/** An `Idempotency-Key` in its scope, with what was asked. */
export interface OnceKey {
  readonly clientId: ClientId;
  readonly scope: string;
  readonly key: string;
  readonly requestHash: Buffer;
}

const OPERATOR_SCOPE = '00000000-0000-0000-0000-000000000000';

/** The call's {@link OnceKey}, when it came with an `Idempotency-Key`. */
export const Once = createParamDecorator((_data: unknown, context: ExecutionContext): OnceKey | undefined => {
  const request = context.switchToHttp().getRequest<Request & AuthenticatedRequest>();
  const key = request.headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key !== 'string' || key.length < 1 || key.length > 255) {
    throw InvalidInput.at('/headers/idempotency-key', 'length', 'Idempotency-Key has 1 to 255 characters');
  }
  return {
    clientId: request.principal?.clientId ?? OPERATOR_SCOPE,
    // The acting user is part of the scope: one user's answer is never replayed to another.
    scope: `${request.method} ${request.path} ${request.principal?.userId ?? ''}`,
    key,
    requestHash: createHash('sha256')
      .update(JSON.stringify(request.body ?? null))
      .digest(),
  };
});

import { Injectable } from '@nestjs/common';
import type { Request, RequestHandler } from 'express';
import { hasBody, isTaken } from '../../platform/http/index.js';
import { Authenticator } from '../../platform/security/index.js';
import { presentedKey, type StrangersRequest } from './key.guard.js';

/** Up to so many bytes of a stranger's body are let by, so that the connection can be used again. */
const LET_BY_BYTES = 64 * 1024;

/**
 * Reads no body of a stranger: parsing costs a hundred times what refusing does. Only for what is to be read as JSON or text;
 * what was taken as bytes before is for doors that need no key. The refusal itself is {@link KeyGuard}’s, which knows the route.
 */
@Injectable()
export class StrangerBodies {
  constructor(private readonly authenticator: Authenticator) {}

  readonly meet: RequestHandler = (request: Request & StrangersRequest, response, next) => {
    if (!hasBody(request) || isTaken(request.body)) return next();
    void this.strangerIn(request).then((stranger) => {
      if (stranger) {
        request.stranger = stranger;
        if (!(Number(request.headers['content-length']) <= LET_BY_BYTES)) response.setHeader('Connection', 'close');
      }
      next();
    });
  };

  /** The same handlers, which leave a stranger's body alone. */
  ofKnown(handlers: readonly RequestHandler[]): RequestHandler[] {
    return handlers.map((handler) => (request: Request & StrangersRequest, response, next) => {
      if (request.stranger) return next();
      return handler(request, response, next);
    });
  }

  private async strangerIn(request: Request): Promise<StrangersRequest['stranger']> {
    try {
      const key = presentedKey(request);
      if (!this.authenticator.isOperator(key))
        await this.authenticator.authenticate({ key, address: request.ip ?? '' });
      return undefined;
    } catch (refusal) {
      return { refusal };
    }
  }
}

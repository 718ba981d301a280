import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import type { DomainError } from '../errors/index.js';
import { asDomainError } from './problem.filter.js';

interface WithBodyFault extends Request {
  bodyFault?: DomainError;
}

/**
 * Keeps what was wrong with a body until the caller is known and counted: a stranger is told nothing of it, and the
 * answer has the status of the limits. Express knows an error handler by its four parameters.
 */
export function keepBodyFault(error: unknown, request: WithBodyFault, _response: Response, next: NextFunction): void {
  request.bodyFault = asDomainError(error);
  next();
}

/** Refuses a request whose body could not be read. */
@Injectable()
export class BodyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { bodyFault } = context.switchToHttp().getRequest<WithBodyFault>();
    if (bodyFault) throw bodyFault;
    return true;
  }
}

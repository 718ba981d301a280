import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { type Access, ACCESS, type AuthenticatedRequest, Authenticator } from '../../platform/security/index.js';
import { Unauthenticated } from './auth.errors.js';

/** Finds out who calls. What they may do is asked after their calls are counted, so that refusals count too. */
@Injectable()
export class KeyGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly authenticator: Authenticator,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = accessOf(this.reflector, context);
    if (access?.kind === 'public') return true;
    const request = context.switchToHttp().getRequest<Request & AuthenticatedRequest & StrangersRequest>();
    const key = presentedKey(request);
    if (access?.kind === 'operator' && this.authenticator.isOperator(key)) request.isOperator = true;
    else if (request.stranger) throw request.stranger.refusal;
    // Also of who was let in with a body: the key may have ended while that was read.
    else request.principal = await this.authenticator.authenticate({ key, address: request.ip ?? '' });
    return true;
  }
}

/** What came with a body and no good key, found out before that was read. */
export interface StrangersRequest {
  stranger?: { readonly refusal: unknown };
}

/** What the handler declared, else its class. */
export const accessOf = (reflector: Reflector, context: ExecutionContext): Access | undefined =>
  reflector.getAllAndOverride<Access | undefined>(ACCESS, [context.getHandler(), context.getClass()]);

export function presentedKey({ headers }: Request): string {
  const apiKey = headers['x-api-key'];
  if (typeof apiKey === 'string' && apiKey) return apiKey;
  const [scheme, key] = headers.authorization?.split(' ') ?? [];
  if (scheme?.toLowerCase() !== 'bearer' || !key) throw new Unauthenticated();
  return key;
}

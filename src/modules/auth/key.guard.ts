import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import {
  type Access,
  ACCESS,
  type AuthenticatedRequest,
  Authenticator,
  type Principal,
} from '../../platform/security/index.js';
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
    const request = context.switchToHttp().getRequest<Request & AuthenticatedRequest>();
    const key = presentedKey(request);
    if (access?.kind === 'operator' && this.authenticator.isOperator(key)) request.isOperator = true;
    else request.principal = await this.principalOf(request, key);
    return true;
  }

  /** Met at the door already, if a body came along: unless the key has changed while that was read. */
  private async principalOf(request: Request & MetRequest, key: string): Promise<Principal> {
    const { met } = request;
    if (met && 'refusal' in met) throw met.refusal;
    if (met && this.authenticator.isCurrent(met.principal)) return met.principal;
    return this.authenticator.authenticate({ key, address: request.ip ?? '' });
  }
}

/** Who came with a body, found out before it was read. */
export interface MetRequest {
  met?: { readonly principal: Principal } | { readonly refusal: unknown };
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

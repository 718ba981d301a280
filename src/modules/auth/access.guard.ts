import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { InvalidInput } from '../../platform/errors/index.js';
import {
  type Access,
  ACCESS,
  type AuthenticatedRequest,
  Authenticator,
  isMaster,
  mayUse,
  type Principal,
} from '../../platform/security/index.js';
import { MasterRequired, ScopeMissing, Unauthenticated } from './auth.errors.js';

const USER_ID_MAX = 128;

/** Deny by default: a key that may do what the handler declared, or no entry. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly authenticator: Authenticator,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = this.reflector.getAllAndOverride<Access | undefined>(ACCESS, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (access?.kind === 'public') return true;
    const request = context.switchToHttp().getRequest<Request & AuthenticatedRequest & { isOperator?: boolean }>();
    const key = presentedKey(request);
    if (access?.kind === 'operator') {
      if (!this.authenticator.isOperator(key)) throw new Unauthenticated('Send the operator’s ADMIN_KEY.');
      request.isOperator = true;
      return true;
    }
    const caller = await this.authenticator.authenticate({ key, address: request.ip ?? '' });
    assertAccess(access, caller);
    request.principal = actingAs(caller, request.headers['x-user-id']);
    return true;
  }
}

function presentedKey({ headers }: Request): string {
  const apiKey = headers['x-api-key'];
  if (typeof apiKey === 'string' && apiKey) return apiKey;
  const [scheme, key] = headers.authorization?.split(' ') ?? [];
  if (scheme?.toLowerCase() !== 'bearer' || !key) throw new Unauthenticated();
  return key;
}

export function assertAccess(access: Access | undefined, caller: Principal): void {
  if (access?.kind === 'any_key') return;
  if (access?.kind === 'master' && !isMaster(caller)) throw new MasterRequired();
  if (access?.kind !== 'scopes') return;
  const missing = access.scopes.filter((scope) => !mayUse(caller, scope));
  if (missing.length > 0) throw new ScopeMissing(missing);
}

/** A master key may name a user; a scoped key is its own. */
function actingAs(caller: Principal, named: string | string[] | undefined): Principal {
  if (named === undefined || !isMaster(caller)) return caller;
  if (typeof named !== 'string' || named.length < 1 || named.length > USER_ID_MAX || /[\u0000-\u001f]/.test(named)) {
    throw InvalidInput.at('/headers/x-user-id', 'length', `X-User-Id has 1 to ${USER_ID_MAX} characters`);
  }
  return { ...caller, userId: decodeHeader(named) };
}

/** Node reads header bytes as Latin-1; callers send UTF-8. */
function decodeHeader(value: string): string {
  const utf8 = Buffer.from(value, 'latin1').toString('utf8');
  return utf8.includes('\uFFFD') ? value : utf8;
}

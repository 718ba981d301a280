import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { actsNow } from '../../platform/audit/index.js';
import { InvalidInput } from '../../platform/errors/index.js';
import { requestIdOf } from '../../platform/http/index.js';
import { assertAccess, type AuthenticatedRequest, isMaster, type Principal } from '../../platform/security/index.js';
import { accessOf } from './key.guard.js';

const USER_ID_MAX = 128;

/** Deny by default: a key that may do what the handler declared, or no entry. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request & AuthenticatedRequest>();
    const access = accessOf(this.reflector, context);
    if (access?.kind === 'public') return true;
    const call = { address: request.ip ?? '', requestId: requestIdOf(request) };
    if (request.isOperator) {
      actsNow({ ...call, type: 'operator' });
      return true;
    }
    if (!access || !request.principal) return false;
    assertAccess(access, request.principal);
    request.principal = actingAs(request.principal, request.headers['x-user-id']);
    const { keyId, keyName, userId } = request.principal;
    actsNow({ ...call, type: 'key', keyId, keyName, userId });
    return true;
  }
}

/** A master key may name a user; a scoped key is its own. */
function actingAs(caller: Principal, named: string | string[] | undefined): Principal {
  if (named === undefined || !isMaster(caller)) return caller;
  const userId = typeof named === 'string' ? decodeHeader(named) : '';
  if (userId.length < 1 || userId.length > USER_ID_MAX || /[\u0000-\u001f]/.test(userId))
    throw InvalidInput.at('/headers/x-user-id', 'length', `X-User-Id has 1 to ${USER_ID_MAX} characters`);
  return { ...caller, userId };
}

/** Node reads header bytes as Latin-1; callers send UTF-8. */
function decodeHeader(value: string): string {
  const utf8 = Buffer.from(value, 'latin1').toString('utf8');
  return utf8.includes('\uFFFD') ? value : utf8;
}

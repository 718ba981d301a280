import { type ExecutionContext, Injectable } from '@nestjs/common';
import { ThrottlerGuard } from '@nestjs/throttler';
import type { Request, Response } from 'express';
import { DomainError } from '../../errors/index.js';
import type { AuthenticatedRequest, RouteClass } from '../../security/index.js';
import { OPERATOR, requestWindows, ROUTE_CLASS_OF } from './request-limits.js';
import { type Hit, WindowsStore } from './windows.store.js';

/** The window with the least left: the one a caller should know of. */
export const tightest = (hits: readonly Hit[]): Hit =>
  hits.reduce((least, hit) => (hit.limit - hit.count < least.limit - least.count ? hit : least));

/**
 * Requests of each client, of each scoped key, and of what costs much, counted over all nodes and said in `RateLimit-*` on
 * every authenticated answer. The library's guard asks its storage once per window; this one asks once for all.
 */
@Injectable()
export class RateLimitGuard extends ThrottlerGuard {
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const { principal, isOperator } = context.switchToHttp().getRequest<Request & AuthenticatedRequest>();
    if (!principal && !isOperator) return true;
    const store = this.storageService as WindowsStore;
    const routeClass = this.reflector.getAllAndOverride<RouteClass | undefined>(ROUTE_CLASS_OF, [
      context.getHandler(),
      context.getClass(),
    ]);
    const hits = await store.hit(principal?.clientId ?? OPERATOR, requestWindows(principal, routeClass));
    const hit = tightest(hits);
    sayLimits(context.switchToHttp().getResponse<Response>(), hit);
    if (hit.count > hit.limit) throw rateLimited(hit, hit.scope ?? 'client');
    return true;
  }
}

function sayLimits(response: Response, hit: Hit): void {
  response.setHeader('RateLimit-Limit', hit.limit);
  response.setHeader('RateLimit-Remaining', Math.max(0, hit.limit - hit.count));
  response.setHeader('RateLimit-Reset', Math.max(1, Math.ceil(hit.resetMs / 1_000)));
  response.setHeader('RateLimit-Policy', `${hit.limit};w=${hit.ttlMs / 1_000}`);
}

export const rateLimited = ({ limit, resetMs, ttlMs }: Pick<Hit, 'limit' | 'resetMs' | 'ttlMs'>, scope: string) =>
  new DomainError('rate_limited', 'rate_limited', `More than ${limit} in ${ttlMs / 1_000} s. Slow down.`, {
    retryAfterSeconds: Math.max(1, Math.ceil(resetMs / 1_000)),
    scope,
    members: { limit },
  });

import { type ExecutionContext, Injectable } from '@nestjs/common';
import { ThrottlerGuard } from '@nestjs/throttler';
import type { Request, Response } from 'express';
import { DomainError } from '../../errors/index.js';
import type { AuthenticatedRequest, ClientLimits } from '../../security/index.js';
import { type Hit, type Window, WindowsStore } from './windows.store.js';

export const REQUESTS_PER_SECOND = 200;
export const REQUESTS_PER_MINUTE = 6_000;

/** The operator has no client; its calls are counted under this name. */
const OPERATOR = 'operator';

export function requestWindows({ requestsPerSecond, requestsPerMinute }: ClientLimits): Window[] {
  return [
    { name: 'second', limit: requestsPerSecond ?? REQUESTS_PER_SECOND, ttlMs: 1_000 },
    { name: 'minute', limit: requestsPerMinute ?? REQUESTS_PER_MINUTE, ttlMs: 60_000 },
  ];
}

/** The window with the least left: the one a caller should know of. */
export const tightest = (hits: readonly Hit[]): Hit =>
  hits.reduce((least, hit) => (hit.limit - hit.count < least.limit - least.count ? hit : least));

/**
 * Requests per second and minute of each client, counted over all nodes, said in `RateLimit-*` on every
 * authenticated answer. The library's guard asks its storage once per window; this one asks once for all.
 */
@Injectable()
export class RateLimitGuard extends ThrottlerGuard {
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<Request & AuthenticatedRequest>();
    if (!request.principal && !request.isOperator) return true;
    const store = this.storageService as WindowsStore;
    const hits = await store.hit(
      request.principal?.clientId ?? OPERATOR,
      requestWindows(request.principal?.limits ?? {}),
    );
    const hit = tightest(hits);
    sayLimits(context.switchToHttp().getResponse<Response>(), hit);
    if (hit.count > hit.limit) throw rateLimited(hit, 'client');
    return true;
  }
}

function sayLimits(response: Response, hit: Hit): void {
  response.setHeader('RateLimit-Limit', hit.limit);
  response.setHeader('RateLimit-Remaining', Math.max(0, hit.limit - hit.count));
  response.setHeader('RateLimit-Reset', Math.ceil(hit.resetMs / 1_000));
  response.setHeader('RateLimit-Policy', `${hit.limit};w=${hit.ttlMs / 1_000}`);
}

export const rateLimited = ({ limit, resetMs, ttlMs }: Hit, scope: string): DomainError =>
  new DomainError('rate_limited', 'rate_limited', `More than ${limit} in ${ttlMs / 1_000} s. Slow down.`, {
    retryAfterSeconds: Math.max(1, Math.ceil(resetMs / 1_000)),
    scope,
    members: { limit },
  });

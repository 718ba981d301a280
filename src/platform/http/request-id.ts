import { randomUUID } from 'node:crypto';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';

const ACCEPTED = /^[\w.:-]{1,128}$/;

interface Identified extends Partial<Request> {
  requestId?: string;
}

/** Takes the caller's `X-Request-Id` or makes one, and says it in the answer. */
export function requestId(request: Request & Identified, response: Response, next: NextFunction): void {
  const given = request.headers['x-request-id'];
  request.requestId = typeof given === 'string' && ACCEPTED.test(given) ? given : randomUUID();
  response.setHeader('X-Request-Id', request.requestId);
  next();
}

export const requestIdOf = (request: Identified): string => request.requestId ?? '';

/** The pattern of the route that took the request, such as `/api/v1/rooms/:id`. The address itself may hold what people are called. */
export function routeOf({ route }: Partial<Pick<Request, 'route'>>): string {
  const path: unknown = (route as { path?: unknown } | undefined)?.path;
  return typeof path === 'string' ? path : 'none';
}

/** The request's id, for what must carry it on: jobs and their logs. */
export const RequestId = createParamDecorator((_data: unknown, context: ExecutionContext): string =>
  requestIdOf(context.switchToHttp().getRequest<Identified>()),
);

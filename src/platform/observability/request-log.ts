import { Inject, Injectable } from '@nestjs/common';
import type { Request, RequestHandler, Response } from 'express';
import type { Logger as Pino } from 'pino';
import type { Histogram } from 'prom-client';
import { ENV, type ResolvedEnv } from '../../config/index.js';
import { requestIdOf, routeOf } from '../http/index.js';
import type { AuthenticatedRequest } from '../security/index.js';
import { plainLog } from './logger.js';
import { Metrics } from './metrics.js';

const SECONDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
/** The caller went away before the answer was complete. */
const ABORTED = 499;

type Noted = Request & AuthenticatedRequest;

/**
 * One line at `info` and one measurement for each request. Both name the route's pattern, never the address: that may
 * hold what people are called. This runs on every request, so it does no more than it must.
 */
@Injectable()
export class RequestLog {
  private readonly lines: Pino | null;
  private readonly seconds: Histogram<'method' | 'route' | 'status'>;
  /** Finding a histogram's series by its labels costs more than the measurement. */
  private readonly series = new Map<string, Histogram.Internal<'method' | 'route' | 'status'>>();

  constructor(metrics: Metrics, @Inject(ENV) { LOG_LEVEL: level }: ResolvedEnv) {
    const lines = plainLog(level);
    this.lines = lines.isLevelEnabled('info') ? lines : null;
    this.seconds = metrics.histogram('http_request_seconds', 'Time from request to answer', SECONDS, [
      'method',
      'route',
      'status',
    ]);
  }

  readonly handler: RequestHandler = (request, response, next) => {
    const startedAt = performance.now();
    response.once('close', () => this.note(request, response, performance.now() - startedAt));
    next();
  };

  private note(request: Noted, response: Response, ms: number): void {
    const { method, principal } = request;
    const route = routeOf(request);
    const status = response.writableFinished ? response.statusCode : ABORTED;
    this.seriesOf(method, route, status).observe(ms / 1_000);
    this.lines?.info({
      ...{ method, route, status, ms: Math.round(ms * 10) / 10 },
      requestId: requestIdOf(request),
      ...(principal && { clientId: principal.clientId, keyId: principal.keyId }),
    });
  }

  private seriesOf(method: string, route: string, status: number): Histogram.Internal<'method' | 'route' | 'status'> {
    const name = `${method} ${route} ${status}`;
    const known = this.series.get(name) ?? this.seconds.labels(method, route, String(status));
    this.series.set(name, known);
    return known;
  }
}

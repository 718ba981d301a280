import 'reflect-metadata';
import { RequestMethod } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import helmet from 'helmet';
import { AppModule } from './app.module.js';
import type { ResolvedEnv } from './config/index.js';
import { assertMigrated } from './platform/database/migrate.js';
import {
  BODY_LIMIT_BYTES,
  bodyErrors,
  jsonBody,
  NOTIFICATION_BODY_LIMIT_BYTES,
  requestId,
} from './platform/http/index.js';
import { JsonLogger } from './platform/observability/index.js';

export const API_PREFIX = 'api/v1';
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;

export interface Running {
  readonly url: string;
  readonly app: NestExpressApplication;
  close(): Promise<void>;
}

/** Builds the application without listening: what {@link boot} starts and the OpenAPI document is made from. */
export async function build(env: ResolvedEnv): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule.forRoot({ env }), {
    bodyParser: false,
    logger: new JsonLogger(env.LOG_LEVEL),
    abortOnError: false,
  });
  app.setGlobalPrefix(API_PREFIX, { exclude: [{ path: 'metrics', method: RequestMethod.GET }] });
  app.set('trust proxy', /^\d+$/.test(env.TRUST_PROXY) ? Number(env.TRUST_PROXY) : env.TRUST_PROXY);
  app.disable('x-powered-by');
  app.set('etag', false);
  app.use(requestId);
  app.use(helmet());
  app.use(`/${API_PREFIX}/notifications`, ...jsonBody(NOTIFICATION_BODY_LIMIT_BYTES));
  app.use(...jsonBody(BODY_LIMIT_BYTES));
  app.use(bodyErrors);
  if (env.CORS_ORIGINS.length > 0)
    app.enableCors({
      origin: env.CORS_ORIGINS,
      exposedHeaders: [
        'X-Request-Id',
        'RateLimit-Limit',
        'RateLimit-Remaining',
        'RateLimit-Reset',
        'Idempotency-Replayed',
      ],
    });
  return app;
}

/**
 * Starts a process of the service as its role says.
 * @throws SchemaOutdated, or with `code: 'EADDRINUSE'` when the port is taken
 */
export async function boot(env: ResolvedEnv): Promise<Running> {
  await assertMigrated(env.DATABASE_URL);
  const app = await build(env);
  const server = app.getHttpServer();
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  try {
    if (env.ROLE === 'worker') await app.init();
    else await app.listen(env.PORT, env.HOST);
  } catch (error) {
    await app.close().catch(() => undefined);
    throw error;
  }
  return { url: env.ROLE === 'worker' ? '' : await app.getUrl(), app, close: () => app.close() };
}

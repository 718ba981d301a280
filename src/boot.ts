import 'reflect-metadata';
import { RequestMethod } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { OpenAPIObject } from '@nestjs/swagger';
import type { RequestHandler } from 'express';
import { AppModule } from './app.module.js';
import { readEnv, type ResolvedEnv } from './config/index.js';
import type { Plugin } from './extension/index.js';
import { loadPlugins } from './extension/load-plugins.js';
import { StrangerBodies } from './modules/auth/index.js';
import { RESERVED_SLUGS } from './modules/clients/index.js';
import { inCall } from './platform/audit/index.js';
import { assertMigrated } from './platform/database/migrate.js';
import {
  AnswerAdapter,
  API_PREFIX,
  BODY_LIMIT_BYTES,
  describeApi,
  FORM_BODY_LIMIT_BYTES,
  IMPORT_BODY_LIMIT_BYTES,
  jsonBody,
  KEEP_ALIVE_MS,
  keepBodyFault,
  nothingHere,
  NOTIFICATION_BODY_LIMIT_BYTES,
  rawBody,
  requestId,
  securityHeaders,
  serveDocuments,
  textBody,
  ViewSchemas,
} from './platform/http/index.js';
import { Faults, JsonLogger, ProcessGauges, RequestLog, Tracing } from './platform/observability/index.js';
import { QueueDashboard } from './platform/queue/index.js';
import { type AsyncApiDocument, describeSockets, serveSocketDocuments } from './platform/realtime/index.js';

/** What signs its calls signs their bytes. */
const SIGNED_CALLS = [`/${API_PREFIX}/providers/:id/events`];
/** Inbound webhooks, at the root too: senders keep the address for years. Reserved words are other parts of the API. */
const INBOUND = new RegExp(
  `^/(?:${API_PREFIX}/)?webhooks/(?!(?:${RESERVED_SLUGS.join('|')})/)[^/?]+/[^/?]+/?(?:\\?|$)`,
  'i',
);
/** At the root: it is the operator's, not the API's. */
const DASHBOARD = '/admin/queues';
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** How often it is looked who is over these: Node's own half a minute would triple the first. */
const TIMEOUTS_CHECKED_MS = 5_000;
/** A connection on which nothing moves, such as one whose answer nobody reads, is ended after this, at the latest after twice as long. */
const IDLE_MS = 60_000;

export interface Running {
  readonly url: string;
  readonly app: NestExpressApplication;
  readonly faults: Faults;
  /** Ends all of it in order. What broke meanwhile is on its way when this resolves, or has had two seconds. */
  close(): Promise<void>;
}

const setPrefix = (app: NestExpressApplication): NestExpressApplication =>
  app.setGlobalPrefix(API_PREFIX, { exclude: [{ path: 'metrics', method: RequestMethod.GET }] });

/** Their bytes are signed as they come: compressed ones are not taken. */
function inbound(): RequestHandler {
  const keepBytes = rawBody(BODY_LIMIT_BYTES, { inflate: false });
  return (request, response, next) => {
    if (request.method !== 'POST' || !INBOUND.test(request.url)) return next();
    if (!request.url.toLowerCase().startsWith(`/${API_PREFIX}/`)) request.url = `/${API_PREFIX}${request.url}`;
    keepBytes(request, response, next);
  };
}

/** Whatever a call does knows who makes it. After its body was read, which loses sight of the call. */
const audited: RequestHandler = (_request, _response, next) => inCall(next);

/** Builds the application without listening. */
export async function build(
  env: ResolvedEnv,
  faults: Faults,
  plugins: readonly Plugin[] = [],
): Promise<NestExpressApplication> {
  const logger = new JsonLogger(env.LOG_LEVEL, faults);
  const tracing = await Tracing.to(env);
  const app = await NestFactory.create<NestExpressApplication>(
    AppModule.forRoot({ env, plugins }, { provide: Tracing, useValue: tracing }),
    new AnswerAdapter(),
    { bodyParser: false, logger, abortOnError: false },
  );
  app.get(ProcessGauges).watch(logger);
  setPrefix(app);
  app.get(ViewSchemas).from(app);
  app.set('trust proxy', /^\d+$/.test(env.TRUST_PROXY) ? Number(env.TRUST_PROXY) : env.TRUST_PROXY);
  app.disable('x-powered-by');
  app.set('etag', false);
  app.use(requestId, ...tracing.handlers, app.get(RequestLog).handler);
  app.use(securityHeaders(API_PREFIX));
  app.use(SIGNED_CALLS, rawBody(BODY_LIMIT_BYTES));
  app.use(inbound());
  app.use(`/${API_PREFIX}/unsubscribe`, ...textBody('*/*', FORM_BODY_LIMIT_BYTES));
  const strangers = app.get(StrangerBodies, { strict: false });
  app.use(`/${API_PREFIX}`, strangers.meet);
  app.use(`/${API_PREFIX}/notifications`, ...strangers.ofKnown(jsonBody(NOTIFICATION_BODY_LIMIT_BYTES)));
  app.use(
    `/${API_PREFIX}/suppressions/import`,
    ...strangers.ofKnown([...textBody('text/csv', IMPORT_BODY_LIMIT_BYTES), ...jsonBody(IMPORT_BODY_LIMIT_BYTES)]),
  );
  app.use(`/${API_PREFIX}`, ...strangers.ofKnown(jsonBody(BODY_LIMIT_BYTES)));
  app.use(keepBodyFault);
  app.use(audited);
  if (env.CORS_ORIGINS.length > 0)
    app.enableCors({
      origin: env.CORS_ORIGINS,
      exposedHeaders: [
        'X-Request-Id',
        'RateLimit-Limit',
        'RateLimit-Remaining',
        'RateLimit-Reset',
        'RateLimit-Policy',
        'Retry-After',
        'Idempotency-Replayed',
      ],
    });
  if (env.ROLE !== 'worker') {
    serveDocuments(app, API_PREFIX);
    serveSocketDocuments(app, API_PREFIX);
    app.use(DASHBOARD, ...app.get(QueueDashboard).handlers(DASHBOARD));
  }
  return app;
}

export interface Documents {
  readonly openapi: OpenAPIObject;
  readonly asyncapi: AsyncApiDocument;
}

/** The documents of the API. They are all in the decorators: nothing is constructed, nothing connected. */
export async function describe(): Promise<Documents> {
  const env = readEnv({ DATABASE_URL: 'postgres://nowhere/none', REDIS_URL: 'redis://nowhere' });
  const options = { preview: true, logger: false, abortOnError: false } as const;
  const app = setPrefix(await NestFactory.create<NestExpressApplication>(AppModule.forRoot({ env }), options));
  return { openapi: describeApi(app), asyncapi: describeSockets(app) };
}

/**
 * Starts a process of the service as its role says.
 * @param plugins besides those that `CHATAPI_PLUGINS` names
 * @throws SchemaOutdated, InvalidPlugin, or with `code: 'EADDRINUSE'` when the port is taken
 */
export async function boot(env: ResolvedEnv, plugins: readonly Plugin[] = []): Promise<Running> {
  const all = [...plugins, ...(await loadPlugins(env.CHATAPI_PLUGINS))];
  await assertMigrated(env.DATABASE_URL);
  const faults = await Faults.to(env);
  const app = await build(env, faults, all);
  const server = app.getHttpServer();
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.timeout = IDLE_MS;
  Object.assign(server, { connectionsCheckingInterval: TIMEOUTS_CHECKED_MS }); // Node's types know it as an option alone
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  try {
    await app.init();
    if (env.ROLE !== 'worker') {
      app.use(nothingHere);
      await app.listen(env.PORT, env.HOST);
    }
  } catch (error) {
    await app.close().catch(() => undefined);
    throw error;
  }
  const url = env.ROLE === 'worker' ? '' : await app.getUrl();
  return { url, app, faults, close: () => app.close().finally(() => faults.flush()) };
}

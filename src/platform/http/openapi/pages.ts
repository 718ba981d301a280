import { createRequire } from 'node:module';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { SwaggerModule } from '@nestjs/swagger';
import type { RequestHandler, Response } from 'express';
import { pagePolicy } from '../page-policy.js';
import { describeApi } from './document.js';

const REDOC_BUNDLE = createRequire(import.meta.url).resolve('redoc/bundles/redoc.standalone.js');
const REDOC_SCRIPT = '/redoc/redoc.standalone.js';

const redocPage = (documentUrl: string): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>ChatAPI reference</title>
    <style>
      body {
        margin: 0;
      }
    </style>
  </head>
  <body>
    <redoc spec-url="${documentUrl}"></redoc>
    <script src="${REDOC_SCRIPT}"></script>
  </body>
</html>
`;

/** The bytes themselves, whoever asks: of a text each answer that is not read would hold a copy. */
export function sendJson(response: Response, json: Buffer): void {
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.send(json);
}

/**
 * Serves the document as JSON under the API's prefix, and as Swagger UI at `/docs` and ReDoc at `/redoc`. All of it is
 * public, and comes from this process alone.
 */
export function serveDocuments(app: NestExpressApplication, prefix: string): void {
  const documentUrl = `/${prefix}/openapi.json`;
  const page = redocPage(documentUrl);
  let json: Buffer | undefined;
  const document: RequestHandler = (_request, response) => {
    json ??= Buffer.from(JSON.stringify(describeApi(app)));
    sendJson(response, json);
  };
  app.use(['/docs', '/redoc'], pagePolicy);
  SwaggerModule.setup('docs', app, () => describeApi(app), {
    customSiteTitle: 'ChatAPI',
    raw: false,
    swaggerOptions: { persistAuthorization: true, displayRequestDuration: true },
  });
  app
    .getHttpAdapter()
    .getInstance()
    .get(documentUrl, document)
    .get('/redoc', (_request, response) => response.type('html').send(page))
    .get(REDOC_SCRIPT, (_request, response) => response.sendFile(REDOC_BUNDLE));
}

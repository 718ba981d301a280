import { createRequire } from 'node:module';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { SwaggerModule } from '@nestjs/swagger';
import type { RequestHandler } from 'express';
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

/**
 * Serves the document as JSON under the API's prefix, and as Swagger UI at `/docs` and ReDoc at `/redoc`. All of it is
 * public, and comes from this process alone.
 */
export function serveDocuments(app: NestExpressApplication, prefix: string): void {
  const documentUrl = `/${prefix}/openapi.json`;
  const page = redocPage(documentUrl);
  let json: string | undefined;
  const document: RequestHandler = (_request, response) => {
    json ??= JSON.stringify(describeApi(app));
    response.type('application/json').send(json);
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

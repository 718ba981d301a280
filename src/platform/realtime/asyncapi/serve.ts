import type { NestExpressApplication } from '@nestjs/platform-express';
import type { RequestHandler } from 'express';
import { pagePolicy, sendJson } from '../../http/index.js';
import { describeSockets } from './document.js';
import { pageOf } from './page/page.js';

const PAGE_PATH = '/asyncapi';

/** Serves the document as JSON under the API's prefix, and as a page at `/asyncapi`. Both are public. */
export function serveSocketDocuments(app: NestExpressApplication, prefix: string): void {
  const documentUrl = `/${prefix}/asyncapi.json`;
  let made: { readonly json: Buffer; readonly page: string } | undefined;
  const make = () => {
    const document = describeSockets(app);
    return { json: Buffer.from(JSON.stringify(document)), page: pageOf(document, documentUrl) };
  };
  const document: RequestHandler = (_request, response) => sendJson(response, (made ??= make()).json);
  const page: RequestHandler = (_request, response) => response.type('html').send((made ??= make()).page);
  app.use(PAGE_PATH, pagePolicy);
  app.getHttpAdapter().getInstance().get(documentUrl, document).get(PAGE_PATH, page);
}

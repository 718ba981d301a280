import type { Request, RequestHandler, Response } from 'express';
import helmet from 'helmet';

/**
 * What guards an answer that no browser shows as a page: https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html#security-headers
 */
const FOR_DATA = {
  contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
  xFrameOptions: { action: 'deny' },
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  referrerPolicy: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
} as const;

/** Helmet's headers, reckoned once: they are the same for all answers of a kind. */
export function securityHeaders(apiPrefix: string): RequestHandler {
  const forPages = reckoned(helmet());
  const forData = reckoned(helmet(FOR_DATA));
  return (request, response, next) => {
    const headers = request.url.startsWith(`/${apiPrefix}/`) ? forData : forPages;
    for (const [name, value] of headers) response.setHeader(name, value);
    next();
  };
}

function reckoned(handler: ReturnType<typeof helmet>): [string, string][] {
  const headers: [string, string][] = [];
  const recorder = {
    setHeader: (name: string, value: string) => headers.push([name, value]),
    removeHeader: () => undefined,
  };
  handler({} as Request, recorder as unknown as Response, () => undefined);
  return headers;
}

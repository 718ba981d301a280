import type { Request, Response } from 'express';
import { describe, expect, it } from '@jest/globals';
import { securityHeaders } from './security-headers.js';

function headersOf(url: string): Record<string, string> {
  const headers: Record<string, string> = {};
  const response = { setHeader: (name: string, value: string) => (headers[name.toLowerCase()] = value) };
  let went = false;
  securityHeaders('api/v1')({ url } as Request, response as unknown as Response, () => void (went = true));
  expect(went).toBe(true);
  return headers;
}

describe('the headers that guard an answer', () => {
  it('let nothing be loaded or framed by data', () => {
    expect(headersOf('/api/v1/rooms?limit=1')).toEqual({
      'content-security-policy': "default-src 'none';frame-ancestors 'none'",
      'cross-origin-resource-policy': 'same-origin',
      'strict-transport-security': 'max-age=31536000; includeSubDomains',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
  });

  it('are all that the library has for pages', () => {
    expect(headersOf('/docs')).toMatchObject({
      'content-security-policy': expect.stringContaining("default-src 'self'"),
      'cross-origin-opener-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
  });
});

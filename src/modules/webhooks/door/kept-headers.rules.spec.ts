import { describe, expect, it } from '@jest/globals';
import { hopsIn, keptHeaders, namedIn } from './kept-headers.rules.js';

describe('headers of an event', () => {
  it('are kept without what proves who calls, or comes from the way', () => {
    const kept = {
      'content-type': 'application/json',
      'x-github-event': 'issues',
      'webhook-id': 'msg_1',
      'x-shop': 'a',
    };
    const unkept = {
      ...{ authorization: 'x', cookie: 'x', 'proxy-authorization': 'x', 'x-api-key': 'x', 'x-gitlab-token': 'x' },
      ...{
        'stripe-signature': 'x',
        'x-hub-signature-256': 'x',
        'webhook-signature': 'x',
        'x-shopify-hmac-sha256': 'x',
      },
      ...{
        host: 'x',
        'content-length': '1',
        'x-forwarded-for': '1.2.3.4',
        'cf-connecting-ip': '1.2.3.4',
        'x-acme': 'x',
      },
    };
    expect(keptHeaders({ ...kept, ...unkept }, namedIn({ header: 'X-Acme', prefix: 'y', n: 1 }))).toEqual(kept);
  });

  it('are so many and so long at most, and can be stored', () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_none, n) => [`x-${n}`, 'y'.repeat(5_000)]));
    const kept = Object.values(keptHeaders(many, new Set()));
    expect([kept.length, kept[0]?.length]).toEqual([60, 1_000]);
    expect(keptHeaders({ a: 'x\0', b: '\ud800' }, new Set())).toEqual({});
  });
});

it.each([
  [undefined, 0],
  ['0', 0],
  ['4', 4],
  ['999999', 100],
  ['-1', 0],
  ['1e3', 0],
  ['', 0],
  ['99999999', 0],
])('hops of %j are %i', (header, hops) => {
  expect(hopsIn(header)).toBe(hops);
});

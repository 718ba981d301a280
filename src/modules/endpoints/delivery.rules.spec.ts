import { describe, expect, it } from '@jest/globals';
import { type CallOutcome, decide, errorOf, nextInSeconds, WEBHOOK_RETRY_SECONDS } from './delivery.rules.js';

const least = () => 0;
const most = () => 0.999_999;
const OK: CallOutcome = {
  ...{ at: new Date(), durationMs: 20, address: '192.0.2.1', statusCode: 204 },
  ...{ error: null, detail: null, response: '', retryAfterSeconds: null },
};
const answer = (statusCode: number, retryAfterSeconds: number | null = null): CallOutcome => ({
  ...OK,
  ...{ statusCode, error: 'http', retryAfterSeconds },
});
const after = (outcome: CallOutcome, attempts = 0, isTest = false) => decide({ attempts, outcome, isTest }, least);

describe('the schedule', () => {
  it('is that of Standard Webhooks: ten tries in three days', () => {
    expect(WEBHOOK_RETRY_SECONDS).toEqual([0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]);
    expect(WEBHOOK_RETRY_SECONDS.reduce<number>((sum, seconds) => sum + seconds, 0) / 3_600).toBeCloseTo(75.6, 1);
  });

  it.each([
    [1, 5],
    [2, 300],
    [3, 1_800],
    [4, 7_200],
    [5, 18_000],
    [6, 36_000],
    [7, 50_400],
    [8, 72_000],
    [9, 86_400],
  ])('after %i tries waits %i s, or up to a fifth more', (tries, seconds) => {
    expect(nextInSeconds(tries, null, least)).toBe(seconds);
    expect(nextInSeconds(tries, null, most)).toBeGreaterThan(seconds * 1.199);
    expect(nextInSeconds(tries, null, most)).toBeLessThanOrEqual(seconds * 1.2);
  });

  it('is over after ten', () => {
    expect(nextInSeconds(10, 5, least)).toBeNull();
  });

  it.each([
    [1, 60, 60],
    [2, 60, 300],
    [1, 1_000_000, 86_400],
  ])('after %i tries, asked for %i s, waits %i', (tries, asked, seconds) => {
    expect(nextInSeconds(tries, asked, least)).toBe(seconds);
  });
});

describe('a call', () => {
  it('that got a 2xx is delivered', () => {
    expect(after(OK)).toMatchObject({ end: 'done', result: { status: 'delivered', called: { went: 'well' } } });
  });

  it.each([301, 302, 308, 400, 401, 404, 408, 429, 500, 503])('that got a %i is made again', (status) => {
    expect(after(answer(status))).toMatchObject({
      ...{ end: 'retry', afterSeconds: 5, reason: 'http' },
      result: { status: 'pending', called: { went: 'wrong' }, attempt: { statusCode: status, nextInSeconds: 5 } },
    });
  });

  it('that got a 410 is the last one there', () => {
    expect(after(answer(410, 60))).toMatchObject({ end: 'dead', reason: 'gone', result: { isGone: true } });
  });

  it('to an address that is refused is not made again', () => {
    const outcome: CallOutcome = { ...OK, statusCode: null, address: null, error: 'ssrf_blocked' };
    expect(after(outcome)).toMatchObject({ end: 'dead', reason: 'ssrf_blocked', result: { status: 'failed' } });
  });

  it('is given up after ten', () => {
    expect(after(answer(500), 8)).toMatchObject({ end: 'retry' });
    expect(after(answer(500), 9)).toMatchObject({ end: 'dead', reason: 'retries_exhausted' });
  });

  it('that is a test is made once', () => {
    expect(after(answer(500), 0, true)).toMatchObject({ end: 'dead', reason: 'http' });
  });

  it.each([
    [429, 60],
    [502, 60],
    [503, 60],
    [504, 60],
    [500, 0],
    [400, 0],
  ])('that got a %i with Retry-After holds the endpoint for %i s', (status, holdSeconds) => {
    expect(after(answer(status, 60))).toMatchObject({ afterSeconds: 60, result: { called: { holdSeconds } } });
  });

  it('that ran into its deadline says that the endpoint hangs', () => {
    expect(after({ ...OK, statusCode: null, error: 'timeout' }).result.called?.went).toBe('timed_out');
  });

  it('that failed by our own fault says nothing of the endpoint', () => {
    expect(after({ ...OK, statusCode: null, error: 'internal' }).result.called).toBeNull();
  });
});

it.each([
  [{ name: 'EgressRefused' }, 'ssrf_blocked'],
  [{ name: 'EgressUnresolved' }, 'dns'],
  [{ name: 'TimeoutError' }, 'timeout'],
  [{ name: 'AbortError' }, 'timeout'],
  [{ code: 'ECONNREFUSED' }, 'connection'],
  [{ code: 'ECONNRESET' }, 'connection'],
  [{ code: 'CERT_HAS_EXPIRED' }, 'tls'],
  [{ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, 'tls'],
  [{ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }, 'tls'],
  [{ code: 'HPE_HEADER_OVERFLOW' }, 'protocol'],
  ['odd', 'connection'],
])('%j is %s', (thrown, error) => {
  expect(errorOf(thrown)).toBe(error);
});

import { describe, expect, it } from '@jest/globals';
import { delivered, type Outcome, providerFault, rejected, retryLater, sent, unknown } from '../../extension/index.js';
import type { PassedOver, PassReason } from '../providers/index.js';
import { type Attempt, decide, mayFailOver, RETRY_SECONDS } from './delivery.rules.js';

const never = () => 0;
const always = () => 1;

const attempt = (outcomes: readonly Outcome[], more: Partial<Attempt> = {}): Attempt => ({
  tries: outcomes.map((outcome, n) => ({
    outcome,
    providerId: `provider ${n}`,
    providerName: '',
    durationMs: 5,
    confirms: false,
  })),
  passedOver: [],
  isUnserved: false,
  status: 'queued',
  attempts: 0,
  claims: 1,
  ...more,
});

const passed = (reason: PassReason, forSeconds: number | null): PassedOver => ({
  ...{ providerId: 'id', name: 'Mail', kind: 'smtp' },
  ...{ reason, forSeconds },
});

describe('how an attempt ends a delivery', () => {
  it.each<[string, Outcome, object]>([
    ['taken over', sent('ref'), { end: 'done', result: { status: 'sent', reason: null, providerRef: 'ref' } }],
    ['delivered', delivered('ref'), { end: 'done', result: { status: 'delivered', providerRef: 'ref' } }],
    [
      'bounced',
      rejected('hard_bounce'),
      { end: 'dead', reason: 'hard_bounce', result: { status: 'bounced', reason: 'hard_bounce' } },
    ],
    [
      'refused',
      rejected('provider_rejected'),
      { end: 'dead', result: { status: 'failed', reason: 'provider_rejected' } },
    ],
    [
      'no address',
      rejected('invalid_recipient'),
      { end: 'dead', result: { status: 'failed', reason: 'invalid_recipient' } },
    ],
    ['not allowed', rejected('ssrf_blocked'), { end: 'dead', result: { status: 'failed', reason: 'ssrf_blocked' } }],
    [
      'not now',
      retryLater(),
      { end: 'retry', reason: 'recipient_fault', afterSeconds: 5, result: { status: 'retrying', reason: null } },
    ],
    [
      'no answer',
      providerFault('', { timedOut: true }),
      { end: 'retry', reason: 'provider_timeout', result: { status: 'retrying', reason: 'provider_timeout' } },
    ],
    [
      'provider down',
      providerFault(),
      { end: 'postpone', reason: 'provider_fault', afterSeconds: 2, result: { status: 'retrying', reason: null } },
    ],
  ])('%s', (_what, outcome, expected) => {
    expect(decide(attempt([outcome]), never)).toMatchObject(expected);
  });

  it('that is unknown is held, for a receipt or an operator', () => {
    expect(decide(attempt([unknown('cut off')]), never)).toMatchObject({
      ...{ end: 'held', reason: 'unknown', result: { status: 'unknown', reason: null } },
    });
  });

  it('has nobody to try it', () => {
    expect(decide(attempt([], { isUnserved: true }), never)).toMatchObject({
      ...{ end: 'dead', reason: 'no_provider', result: { status: 'failed', reason: 'no_provider', tries: [] } },
    });
  });

  it('waits while every provider is passed over, and nothing is burnt', () => {
    const passedOver = [passed('settings', null)];

    expect(decide(attempt([], { passedOver }), never)).toMatchObject({
      ...{ end: 'postpone', reason: 'provider_fault', afterSeconds: 2, result: { status: 'retrying', passedOver } },
    });
  });

  it.each<[string, readonly PassedOver[], object]>([
    [
      'for the limit',
      [passed('quota_exceeded', 12), passed('role', null)],
      { reason: 'quota_exceeded', afterSeconds: 12, result: { status: 'queued', reason: 'quota_exceeded' } },
    ],
    [
      'for the breaker, which is closed sooner',
      [passed('quota_exceeded', 12), passed('breaker_open', 10)],
      { reason: 'breaker_open', afterSeconds: 10, result: { status: 'queued', reason: null } },
    ],
    [
      'for the limit, when the breaker is open longer, and settings may be wrong for ever',
      [passed('settings', null), passed('breaker_open', 30), passed('quota_exceeded', 0.5)],
      { reason: 'quota_exceeded', afterSeconds: 0.5 },
    ],
    ['a moment at least', [passed('quota_exceeded', 0)], { afterSeconds: 0.05 }],
  ])('waits %s, and nothing is burnt', (_what, passedOver, expected) => {
    expect(decide(attempt([], { passedOver }), never)).toMatchObject({ end: 'postpone', ...expected });
  });

  it('waits as it stands, and for a breaker a little longer, each for its own time', () => {
    const waiting = attempt([], { passedOver: [passed('breaker_open', 10)], status: 'retrying' });

    expect(decide(waiting, always)).toMatchObject({ afterSeconds: 12, result: { status: 'retrying' } });
  });

  it('is tried again as soon as one that was passed over is back', () => {
    const passedOver = [passed('breaker_open', 3)];

    expect(decide(attempt([providerFault()], { passedOver, claims: 9 }), never)).toMatchObject({ afterSeconds: 3 });
    const asked = providerFault('', { retryAfterSeconds: 90 });
    expect(decide(attempt([asked], { passedOver, claims: 9 }), never)).toMatchObject({ afterSeconds: 90 });
  });

  it('keeps what each provider said, for the timeline', () => {
    const given = attempt([providerFault('down'), sent('ref')]);

    expect(decide(given, never).result.tries).toEqual(given.tries);
  });

  it.each<[string, readonly Outcome[], object]>([
    ['the last provider took it', [providerFault(), sent()], { end: 'done' }],
    ['the last provider is down', [rejected('ssrf_blocked'), providerFault()], { end: 'postpone' }],
    [
      'one is down and one is none: the first may be well again',
      [providerFault(), rejected('ssrf_blocked')],
      { end: 'postpone' },
    ],
    ['one hung and one is none', [providerFault('', { timedOut: true }), rejected('ssrf_blocked')], { end: 'retry' }],
    ['all are none', [rejected('ssrf_blocked'), rejected('ssrf_blocked')], { end: 'dead', reason: 'ssrf_blocked' }],
  ])('after several providers: %s', (_what, outcomes, expected) => {
    expect(decide(attempt(outcomes), never)).toMatchObject(expected);
  });
});

describe('the pauses between attempts', () => {
  it.each(RETRY_SECONDS.map((seconds, attempts) => [attempts, seconds]))(
    'after %d that counted: %d s and up to a fifth more',
    (attempts, seconds) => {
      expect(decide(attempt([retryLater()], { attempts }), never)).toMatchObject({ afterSeconds: seconds });
      expect(decide(attempt([retryLater()], { attempts }), always)).toMatchObject({ afterSeconds: seconds * 1.2 });
    },
  );

  it('end, and with them the delivery', () => {
    const last = attempt([retryLater()], { attempts: RETRY_SECONDS.length });

    expect(decide(last, never)).toMatchObject({
      end: 'dead',
      reason: 'retries_exhausted',
      result: { status: 'failed', reason: 'retries_exhausted' },
    });
  });

  it('grow while providers are at fault, to a minute, for ever', () => {
    const pauseAt = (claims: number) => decide(attempt([providerFault()], { claims, attempts: 99 }), never);

    expect([1, 2, 3, 4, 5, 6, 500].map((claims) => pauseAt(claims))).toMatchObject(
      [2, 5, 10, 30, 60, 60, 60].map((afterSeconds) => ({ end: 'postpone', afterSeconds })),
    );
  });

  it('are at least what the provider asked for', () => {
    expect(decide(attempt([retryLater('', 900)]), always)).toMatchObject({ afterSeconds: 900 });
    expect(decide(attempt([providerFault('', { retryAfterSeconds: 90 })]), never)).toMatchObject({ afterSeconds: 90 });
    expect(decide(attempt([retryLater('', 1)]), never)).toMatchObject({ afterSeconds: 5 });
  });
});

it.each<[Outcome, boolean]>([
  [providerFault(), true],
  [providerFault('', { timedOut: true }), true],
  [rejected('ssrf_blocked'), true],
  [rejected('hard_bounce'), false],
  [rejected('provider_rejected'), false],
  [retryLater(), false],
  [sent(), false],
])('the next provider is asked after %j: %s', (outcome, expected) => expect(mayFailOver(outcome)).toBe(expected));

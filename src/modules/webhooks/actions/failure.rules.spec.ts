import { describe, expect, it } from '@jest/globals';
import { DomainError, InvalidInput, NotFound, Unavailable } from '../../../platform/errors/index.js';
import { ExpressionFailed, ExpressionsBusy } from '../../../platform/expressions/index.js';
import { ActionRefused } from './action-kind.js';
import { type Failure, failureOf, nextTry, RETRY_SECONDS } from './failure.rules.js';

describe('an action that was refused', () => {
  it.each<[string, Error, string, string]>([
    ['what cannot be meant', InvalidInput.at('/roomId', 'is_uuid', 'no'), 'validation_failed', 'never'],
    ['what is not there', new NotFound(), 'not_found', 'never'],
    ['what may not be done', new DomainError('forbidden', 'forbidden', 'no'), 'forbidden', 'never'],
    ['nobody', new DomainError('unprocessable', 'no_recipient', 'no'), 'no_recipient', 'never'],
    ['a closed room', new DomainError('conflict', 'room_inactive', 'no'), 'room_inactive', 'later'],
    ['slow mode', new DomainError('rate_limited', 'slow_mode', 'no', { retryAfterSeconds: 9 }), 'slow_mode', 'later'],
    ['a database that is away', new Unavailable(), 'unavailable', 'wait'],
    ['an expression', new ExpressionFailed('no'), 'expression_failed', 'never'],
    ['too many expressions', new ExpressionsBusy(), 'busy', 'wait'],
    ['another system, for good', new ActionRefused('forward_refused', '404', false), 'forward_refused', 'never'],
    ['another system, for now', new ActionRefused('forward_refused', '503', {}), 'forward_refused', 'later'],
  ])('by %s', (_what, thrown, code, again) => {
    expect(failureOf(thrown)).toMatchObject({ error: { code }, again });
  });

  it('by a fault of ours is not said here', () => {
    expect(failureOf(new TypeError('x is undefined'))).toBeNull();
  });

  it('says every fault, in a text that can be stored', () => {
    const faults = ['a\0', 'b\ud800'].map((message, n) => ({ pointer: n === 0 ? '' : '/b', code: 'x', message }));
    expect(failureOf(new InvalidInput(faults))?.error.message).toBe('/: a; /b: b\ufffd');
  });
});

describe('the next try', () => {
  const later: Failure = { error: { code: 'x', message: '' }, again: 'later' };

  it('comes later each time, with jitter, and then not at all', () => {
    const pauses = (random: number) => [1, 2, 3, 4, 5, 6, 7].map((attempts) => nextTry(later, attempts, () => random));
    expect(pauses(0)).toEqual([
      ...RETRY_SECONDS.map((afterSeconds) => ({ kind: 'retry', afterSeconds })),
      { kind: 'over' },
    ]);
    expect(pauses(1)[0]).toEqual({ kind: 'retry', afterSeconds: 6 });
  });

  it('waits as long as it is asked to', () => {
    expect(nextTry({ ...later, afterSeconds: 60 }, 1, () => 0)).toEqual({ kind: 'retry', afterSeconds: 60 });
  });

  it('is none for what cannot succeed, and none was for what was not tried', () => {
    expect(nextTry({ ...later, again: 'never' }, 1, () => 0)).toEqual({ kind: 'over' });
    expect(nextTry({ ...later, again: 'wait' }, 99, () => 0)).toEqual({ kind: 'wait', afterSeconds: 5 });
  });
});

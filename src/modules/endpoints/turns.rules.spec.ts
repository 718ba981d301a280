import { describe, expect, it } from '@jest/globals';
import {
  admit,
  afterCalls,
  type Called,
  type EndpointState,
  FIRST_PACE,
  hasFailedForTooLong,
  roomOf,
  widthOf,
} from './turns.rules.js';

const NOW = 1_800_000_000;
const DAY = 86_400;
const state = (wish: Partial<EndpointState> = {}): EndpointState => ({
  ...{ pace: 100, callSeconds: 0, heldUntil: 0, nextCallAt: 0, lastTurnAt: 0, failingSince: 0 },
  ...wish,
});
const limits = (inFlight = 10, perSecond: number | null = null) => ({ inFlight, perSecond });
const call = (went: Called['went'], seconds = 0.1, holdSeconds = 0): Called => ({ went, seconds, holdSeconds });

describe('who is let in', () => {
  it.each([
    // wanted, in flight, limit, pace, granted
    [5, 0, 10, 100, 5],
    [50, 0, 10, 100, 10],
    [50, 7, 10, 100, 3],
    [50, 10, 10, 100, 0],
    [50, 12, 10, 100, 0],
    [50, 0, 10, FIRST_PACE, 2],
    [50, 1, 10, 1, 0],
  ])('%i want in, %i are in, of %i at the pace of %i: %i', (wanted, inFlight, limit, pace, granted) => {
    const admitted = admit(state({ pace }), limits(limit), { wanted, inFlight, now: NOW });
    expect(admitted.callsAt).toEqual(Array.from({ length: granted }, () => NOW));
    expect(admitted.turnsAt).toHaveLength(wanted - granted);
  });

  it('is called one after the other where there is a rate, and no further ahead than two seconds', () => {
    const first = admit(state(), limits(100, 4), { wanted: 20, inFlight: 0, now: NOW });
    expect(first.callsAt).toEqual(Array.from({ length: 9 }, (_, n) => NOW + n / 4));
    const next = admit(first.state, limits(100, 4), { wanted: 20, inFlight: 9, now: NOW + 1 });
    expect(next.callsAt).toEqual([2.25, 2.5, 2.75, 3].map((seconds) => NOW + seconds));
    expect(roomOf(next.state, limits(100, 4), { inFlight: 0, now: NOW + 1 })).toBe(0);
  });

  it('is nobody while the endpoint has asked for a pause; they come after it', () => {
    const held = state({ heldUntil: NOW + 600 });
    const { callsAt, turnsAt } = admit(held, limits(), { wanted: 2, inFlight: 0, now: NOW });
    expect(callsAt).toEqual([]);
    expect(turnsAt).toEqual([NOW + 601, NOW + 602]);
    expect(roomOf(held, limits(), { inFlight: 0, now: NOW + 600 })).toBe(10);
  });
});

describe('who stands in line', () => {
  it('looks by itself as seldom as the endpoint can take it, however long the line is', () => {
    const hanging = state({ pace: 1, callSeconds: 15 });
    const { turnsAt, state: after } = admit(hanging, limits(), { wanted: 10_000, inFlight: 1, now: NOW });
    expect(turnsAt[0]).toBe(NOW + 20);
    expect(turnsAt[1]! - turnsAt[0]!).toBe(15);
    expect(turnsAt.at(-1)).toBe(NOW + 5 + 150_000);
    expect(admit(after, limits(), { wanted: 1, inFlight: 1, now: NOW + 1 }).turnsAt).toEqual([NOW + 5 + 150_015]);
  });

  it('does so every second at the most', () => {
    const { turnsAt } = admit(state({ callSeconds: 0.01 }), limits(), { wanted: 3, inFlight: 10, now: NOW });
    expect(turnsAt).toEqual([NOW + 6, NOW + 7, NOW + 8]);
  });
});

describe('how an endpoint does', () => {
  it('shows in its pace: one more with each success, one after a timeout', () => {
    const paceAfter = (...calls: Called[]) => afterCalls(state({ pace: 4 }), calls, NOW).pace;
    expect(paceAfter(call('well'), call('well'))).toBe(6);
    expect(paceAfter(call('wrong'))).toBe(4);
    expect(paceAfter(call('timed_out', 15))).toBe(1);
    expect(paceAfter(call('timed_out', 15), call('well'))).toBe(2);
    expect(widthOf(state({ pace: 500 }), limits(20))).toBe(20);
    expect(afterCalls(state({ pace: 1_000 }), [call('well')], NOW).pace).toBe(1_000);
  });

  it('is measured by its last calls', () => {
    expect(afterCalls(state(), [call('well', 2)], NOW).callSeconds).toBe(2);
    expect(afterCalls(state({ callSeconds: 1 }), [call('timed_out', 15)], NOW).callSeconds).toBeCloseTo(3.8);
  });

  it('is for the longest pause that it asked for', () => {
    const held = afterCalls(state(), [call('wrong', 0.1, 600), call('wrong', 0.1, 60)], NOW);
    expect(held.heldUntil).toBe(NOW + 600);
    expect(afterCalls(held, [call('well')], NOW).heldUntil).toBe(NOW + 600);
  });

  it.each<[string, Called[], number]>([
    ['the first failure begins it', [call('wrong')], NOW],
    ['a success ends it', [call('wrong'), call('well')], 0],
    ['a timeout is a failure, too', [call('timed_out')], NOW],
  ])('failing: %s', (_what, calls, since) => {
    expect(afterCalls(state(), calls, NOW).failingSince).toBe(since);
    if (since > 0) expect(afterCalls(state({ failingSince: NOW - 9 }), calls, NOW).failingSince).toBe(NOW - 9);
  });

  it.each([
    [0, false],
    [NOW, false],
    [NOW - 5 * DAY + 1, false],
    [NOW - 5 * DAY, true],
  ])('failing since %i is too long: %s', (failingSince, is) => {
    expect(hasFailedForTooLong(state({ failingSince }), NOW)).toBe(is);
  });
});

import { describe, expect, it } from '@jest/globals';
import { Allowance, type Usage, type Wanted } from './allowance.js';
import { type Countable, type Quota, quotasOf } from './quotas.rules.js';

/** Half past ten of a day. */
const DAY = 1_764_201_600;
const HOUR = DAY + 10 * 3_600;
const NOW = HOUR + 1_800;

const used = (what: Countable, period: Usage['period'], count: number, more: Partial<Usage> = {}): Usage => ({
  ...{ clientId: 'a', what, period, beganAt: period === 'hour' ? HOUR : DAY, used: count, told: 0 as const },
  ...more,
});
const allowanceOf = (quotas: readonly Quota[], ...usages: Usage[]) =>
  new Allowance(new Map([['a', quotas]]), usages, NOW);

describe('what a client is held to', () => {
  it('is what its limits say, of an hour, a day, or both', () => {
    expect(
      quotasOf({ messagesPerHour: 1, notificationsPerDay: 2, channels: { email: { perHour: 3, perDay: 4 } } }),
    ).toEqual([
      { what: 'messages', period: 'hour', limit: 1 },
      { what: 'notifications', period: 'day', limit: 2 },
      { what: 'channel:email', period: 'hour', limit: 3 },
      { what: 'channel:email', period: 'day', limit: 4 },
    ]);
    expect(quotasOf({ requestsPerSecond: 5 })).toEqual([]);
  });
});

describe('an allowance', () => {
  const quotas = quotasOf({ notificationsPerHour: 3, notificationsPerDay: 10, channels: { email: { perDay: 100 } } });
  const counts = (notifications: number, ofDay: number, emails: number) => [
    used('notifications', 'hour', notifications),
    used('notifications', 'day', ofDay),
    used('channel:email', 'day', emails),
  ];

  it.each<[string, Usage[], Wanted, object | null]>([
    ['room in all', counts(2, 9, 98), { notifications: 1, 'channel:email': 2 }, null],
    ['room for the last of them', counts(2, 9, 99), { notifications: 1, 'channel:email': 1 }, null],
    [
      'none in the hour',
      counts(3, 3, 0),
      { notifications: 1 },
      { scope: 'client', retryAfterSeconds: 1_800, members: { window: 'hour', limit: 3, quota: 'notifications' } },
    ],
    [
      'none until the later one ends',
      counts(3, 10, 0),
      { notifications: 1 },
      { retryAfterSeconds: 48_600, members: { window: 'day' } },
    ],
    [
      'a channel that has not enough for all',
      counts(0, 0, 99),
      { notifications: 1, 'channel:email': 2 },
      { scope: 'channel', members: { quota: 'email', limit: 100 } },
    ],
    ['nothing asked of what is full', counts(0, 0, 100), { notifications: 1, 'channel:sms': 5 }, null],
    ['an hour that is over', [used('notifications', 'hour', 3, { beganAt: HOUR - 3_600 })], { notifications: 1 }, null],
    [
      'another process a moment ahead',
      [used('notifications', 'hour', 3, { beganAt: HOUR + 3_600 })],
      { notifications: 1 },
      { retryAfterSeconds: 5_400 },
    ],
  ])('with %s', (_what, usages, wanted, refusal) => {
    const allowance = allowanceOf(quotas, ...usages);

    const error = allowance.take('a', wanted);

    expect(error?.details ?? null).toEqual(
      refusal &&
        expect.objectContaining({
          ...refusal,
          ...('members' in refusal && { members: expect.objectContaining(refusal.members as object) }),
        }),
    );
    expect(allowance.changed.length > 0).toBe(refusal === null);
  });

  it('is used up by takers one after the other, and writes the sum once', () => {
    const allowance = allowanceOf(quotas, ...counts(0, 0, 0));

    const errors = Array.from({ length: 5 }, () => allowance.take('a', { notifications: 1, 'channel:email': 10 }));

    expect(errors.map((error) => error?.code)).toEqual([
      undefined,
      undefined,
      undefined,
      'quota_exceeded',
      'quota_exceeded',
    ]);
    expect(allowance.changed.map(({ what, period, used: count }) => [what, period, count])).toEqual([
      ['notifications', 'hour', 3],
      ['notifications', 'day', 3],
      ['channel:email', 'day', 30],
    ]);
    expect(allowance.refused).toEqual(['notifications', 'notifications']);
  });

  it('leaves other clients alone', () => {
    const allowance = allowanceOf(quotas, ...counts(3, 3, 0));

    expect(allowance.take('b', { notifications: 1_000_000 })).toBeNull();
    expect(allowance.changed).toEqual([]);
  });

  it('tells of four fifths and of the end, each once', () => {
    const news = (count: number, told: Usage['told']) => {
      const allowance = allowanceOf(quotasOf({ messagesPerDay: 10 }), used('messages', 'day', count, { told }));
      allowance.take('a', { messages: 1 });
      return [
        allowance.news.map(({ stage, used: now, resetsAt }) => [stage, now, resetsAt]),
        allowance.changed[0]?.told,
      ];
    };

    expect(news(6, 0)).toEqual([[], 0]);
    expect(news(7, 0)).toEqual([[[1, 8, DAY + 86_400]], 1]);
    expect(news(8, 1)).toEqual([[], 1]);
    expect(news(9, 1)).toEqual([[[2, 10, DAY + 86_400]], 2]);
  });
});

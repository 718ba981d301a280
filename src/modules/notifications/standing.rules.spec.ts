import { describe, expect, it } from '@jest/globals';
import { isDeclined, quietSecondsLeft } from './standing.rules.js';

describe('what a user declined', () => {
  const preferences = { email: { marketing: false, transactional: true }, sms: { transactional: false } };

  it.each([
    ['email', 'marketing', true],
    ['email', 'transactional', false],
    ['email', 'critical', false],
    ['sms', 'marketing', false],
    ['sms', 'transactional', true],
    ['sms', 'critical', false],
    ['push', 'marketing', false],
  ] as const)('%s, %s: %s', (channel, category, declined) => {
    expect(isDeclined(preferences, channel, category)).toBe(declined);
  });
});

describe('quiet hours', () => {
  const night = { from: '22:00', to: '07:00', timezone: 'Europe/Paris' };
  const noon = { from: '12:00', to: '13:30', timezone: 'UTC' };
  const always = { from: '08:00', to: '08:00', timezone: 'UTC' };

  it.each<[string, typeof night, string, number | null]>([
    ['before they begin', night, '2026-11-24T20:59:59Z', null],
    ['as they begin', night, '2026-11-24T21:00:00Z', 9 * 3_600],
    ['before midnight', night, '2026-11-24T22:30:00Z', 7.5 * 3_600],
    ['after midnight', night, '2026-11-25T05:59:30Z', 30],
    ['as they end', night, '2026-11-25T06:00:00Z', null],
    ['in summer time', night, '2026-07-01T20:00:00Z', 9 * 3_600],
    ['within a day', noon, '2026-11-24T12:15:00Z', 75 * 60],
    ['outside of those within a day', noon, '2026-11-24T13:30:00Z', null],
    ['that never end', always, '2026-11-24T08:00:00Z', 24 * 3_600],
    ['that never end, in the middle', always, '2026-11-24T20:00:00Z', 12 * 3_600],
  ])('%s', (_what, hours, now, left) => {
    expect(quietSecondsLeft(hours, new Date(now))).toBe(left);
  });
});

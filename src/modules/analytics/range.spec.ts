import { expect, it } from '@jest/globals';
import { type AskedRange, rangeOf } from './range.js';

const NOW = new Date('2026-11-25T10:20:30Z');
const asked = (wish: Partial<AskedRange>): AskedRange => ({ timeZone: 'UTC', ...wish });
const text = (at: number | undefined): string => new Date(at ?? 0).toISOString().slice(0, 16);

it.each<[Partial<AskedRange>, string, string, number]>([
  [{}, '2026-11-24T10:00', '2026-11-25T11:00', 25],
  [{ interval: 'day' }, '2026-11-18T00:00', '2026-11-26T00:00', 8],
  [{ interval: 'minute' }, '2026-11-25T09:20', '2026-11-25T10:21', 61],
  [{ from: '2026-11-25T08:00:00Z', to: '2026-11-25T10:00:00Z' }, '2026-11-25T08:00', '2026-11-25T10:00', 2],
  [{ to: '2026-11-20T00:00:00+01:00' }, '2026-11-18T23:00', '2026-11-19T23:00', 24],
  // Not asked for, the interval is one that is not too many: hours for 33 days, days for longer.
  [{ from: '2026-10-23T10:00:00Z' }, '2026-10-23T10:00', '2026-11-25T11:00', 793],
  [{ from: '2026-10-01T00:00:00Z' }, '2026-10-01T00:00', '2026-11-26T00:00', 56],
])('of %j is from %s to %s', (wish, from, to, buckets) => {
  const { bounds } = rangeOf(asked(wish), NOW);
  expect([text(bounds[0]), text(bounds.at(-1)), bounds.length - 1]).toEqual([from, to, buckets]);
});

it.each<[Partial<AskedRange>, string]>([
  [{ from: '2026-11-25T10:20:30Z', to: '2026-11-25T10:20:30Z' }, '/from'],
  [{ from: '2027-01-01T00:00:00Z' }, '/from'],
  [{ from: '1999-12-31T00:00:00Z' }, '/from'],
  [{ to: '9999-12-31T00:00:00Z' }, '/to'],
  [{ from: '2026-10-01T00:00:00Z', interval: 'hour' }, '/interval'],
  [{ from: '2024-01-01T00:00:00Z', interval: 'day' }, '/interval'],
])('refuses %j at %s', (wish, pointer) => {
  expect(() => rangeOf(asked(wish), NOW)).toThrow(
    expect.objectContaining({ details: { errors: [expect.objectContaining({ pointer })] } }),
  );
});

import { describe, expect, it } from '@jest/globals';
import { areGrains, boundsOf, grainOf, type Interval, isTimeZone } from './buckets.rules.js';
import type { Grain } from './facts.js';

const HOUR = 3_600_000;

const bounds = (from: string, to: string, interval: Interval, timeZone: string): string[] =>
  boundsOf(Date.parse(from), Date.parse(to), interval, timeZone).map((at) => new Date(at).toISOString().slice(0, 16));

/** In hours. */
const lengths = (from: string, to: string, interval: Interval, timeZone: string): number[] => {
  const all = boundsOf(Date.parse(from), Date.parse(to), interval, timeZone);
  return all.slice(1).map((at, n) => (at - (all[n] ?? 0)) / HOUR);
};

describe('the days of a zone', () => {
  it.each<[string, string, string, string, string[]]>([
    [
      'begin where UTC has it',
      '2026-11-24T10:30Z',
      '2026-11-25T10:30Z',
      'UTC',
      ['11-24T00:00', '11-25T00:00', '11-26T00:00'],
    ],
    [
      'begin in the evening before',
      '2026-11-24T23:30Z',
      '2026-11-25T10:30Z',
      'Europe/Berlin',
      ['11-24T23:00', '11-25T23:00'],
    ],
    [
      'begin in the morning',
      '2026-11-24T07:59Z',
      '2026-11-24T08:01Z',
      'America/Los_Angeles',
      ['11-23T08:00', '11-24T08:00', '11-25T08:00'],
    ],
    ['begin at half past', '2026-11-24T18:30Z', '2026-11-25T18:30Z', 'Asia/Kolkata', ['11-24T18:30', '11-25T18:30']],
    [
      'begin at a quarter past',
      '2026-11-24T18:20Z',
      '2026-11-24T18:21Z',
      'Asia/Kathmandu',
      ['11-24T18:15', '11-25T18:15'],
    ],
    [
      'end with the one that the range ends with',
      '2026-11-24T00:00Z',
      '2026-11-25T00:00Z',
      'UTC',
      ['11-24T00:00', '11-25T00:00'],
    ],
  ])('%s', (_what, from, to, zone, expected) => {
    expect(bounds(from, to, 'day', zone)).toEqual(expected.map((at) => `2026-${at}`));
  });

  it.each<[string, string, string, string, number[]]>([
    ['has 23 hours when summer begins', '2026-03-28T23:00Z', '2026-03-30T22:00Z', 'Europe/Berlin', [23, 24]],
    ['has 25 hours when it ends', '2026-10-24T22:00Z', '2026-10-26T23:00Z', 'Europe/Berlin', [25, 24]],
    ['has 23 hours in New York', '2026-03-08T05:00Z', '2026-03-09T04:00Z', 'America/New_York', [23]],
    ['has 24 and a half on Lord Howe Island', '2026-04-04T13:00Z', '2026-04-05T13:00Z', 'Australia/Lord_Howe', [24.5]],
    ['begins at one where there is no midnight', '2026-04-24T00:00Z', '2026-04-25T00:00Z', 'Africa/Cairo', [23, 24]],
    ['is one although its midnight comes twice', '2026-11-01T04:00Z', '2026-11-02T05:00Z', 'America/Havana', [25]],
  ])('%s', (_what, from, to, zone, expected) => {
    expect(lengths(from, to, 'day', zone)).toEqual(expected);
  });
});

describe('the hours of a zone', () => {
  it('begin at half past where clocks are half an hour off', () => {
    expect(bounds('2026-11-24T10:45Z', '2026-11-24T11:45Z', 'hour', 'Asia/Kolkata')).toEqual([
      ...['2026-11-24T10:30', '2026-11-24T11:30', '2026-11-24T12:30'],
    ]);
  });

  it.each<[string, string, string, string, number[]]>([
    ['are all there when one comes twice', '2026-10-24T23:00Z', '2026-10-25T03:00Z', 'Europe/Berlin', [1, 1, 1, 1]],
    ['are all there when one is left out', '2026-03-28T23:00Z', '2026-03-29T03:00Z', 'Europe/Berlin', [1, 1, 1, 1]],
    [
      'are cut where clocks move by half an hour',
      '2026-04-04T14:00Z',
      '2026-04-04T16:30Z',
      'Australia/Lord_Howe',
      [1, 0.5, 1],
    ],
  ])('%s', (_what, from, to, zone, expected) => {
    expect(lengths(from, to, 'hour', zone)).toEqual(expected);
  });
});

it('has minutes that are minutes', () => {
  expect(bounds('2026-11-24T10:00:30Z', '2026-11-24T10:02:30Z', 'minute', 'Asia/Kolkata')).toEqual([
    ...['2026-11-24T10:00', '2026-11-24T10:01', '2026-11-24T10:02', '2026-11-24T10:03'],
  ]);
});

it.each<[Interval, string, number]>([
  ['minute', 'UTC', 1],
  ['hour', 'UTC', 60],
  ['day', 'UTC', 1_440],
  ['day', 'Europe/Berlin', 60],
  ['day', 'Asia/Kolkata', 15],
  ['hour', 'Asia/Kathmandu', 15],
])('makes a %s of %s of grains of %i minutes', (interval, zone, grain) => {
  const at = Date.parse('2026-11-24T10:00Z');
  expect(grainOf(boundsOf(at, at + HOUR, interval, zone), interval)).toBe(grain);
});

it('makes a day of hours of what is not kept by the day', () => {
  expect(grainOf([0, 24 * HOUR], 'day', 60)).toBe(60);
});

it.each<[readonly number[], Grain, boolean]>([
  [[0, 1, 2, 3], 60, true],
  [[0, 24, 48], 1_440, true],
  [[0, 24, 48], 60, false],
  [[0, 1, 2, 4], 60, false],
  [[0, 23, 47], 1_440, false],
])('knows whether the hours from %j on are one grain of %i minutes each: %s', (hours, grain, are) => {
  expect(
    areGrains(
      hours.map((hour) => hour * HOUR),
      grain,
    ),
  ).toBe(are);
});

it.each([
  ['Europe/Berlin', true],
  ['UTC', true],
  ['Asia/Calcutta', true],
  ['+05:30', false],
  ['Mars/Olympus', false],
  ['', false],
])('takes %j for a zone: %s', (name, is) => {
  expect(isTimeZone(name)).toBe(is);
});

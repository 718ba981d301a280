import { expect, it } from '@jest/globals';
import { DELIVERY_STATUSES, isFailure, isOpen, RANK } from './delivery-status.js';

it('ranks every status', () => {
  expect(Object.keys(RANK).sort()).toEqual([...DELIVERY_STATUSES].sort());
});

it('never goes from an end back to what is open', () => {
  const open = DELIVERY_STATUSES.filter(isOpen);
  const ended = DELIVERY_STATUSES.filter((status) => !isOpen(status));

  expect(Math.max(...open.map((status) => RANK[status]))).toBeLessThan(
    Math.min(...ended.map((status) => RANK[status])),
  );
});

it('lets a bounce follow what was sent or delivered, and no receipt follow a bounce', () => {
  expect(RANK.bounced).toBeGreaterThan(RANK.delivered);
  expect(RANK.delivered).toBeGreaterThan(RANK.sent);
});

it('counts as failures what has ended without reaching anybody, but what was never meant to', () => {
  expect(DELIVERY_STATUSES.filter(isFailure).sort()).toEqual([
    'bounced',
    'cancelled',
    'expired',
    'failed',
    'suppressed',
  ]);
  expect(DELIVERY_STATUSES.filter(isFailure).filter(isOpen)).toEqual([]);
});

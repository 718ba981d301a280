import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import type { Hearing, News } from './push.js';
import { RoomOrder } from './room-order.js';

let delivered: (number | undefined)[];
let gaps: number;
let order: RoomOrder;

function anOrder(): RoomOrder {
  delivered = [];
  gaps = 0;
  return new RoomOrder({ deliver: ({ push: { offset } }) => delivered.push(offset), onGap: () => gaps++ });
}

beforeEach(() => {
  jest.useFakeTimers();
  order = anOrder();
});
afterEach(() => {
  jest.useRealTimers();
});

const news = (offset: number, hearing?: Hearing): News => ({
  push: { clientId: 'c', audience: { kind: 'room', id: 'r' }, ev: 'message.created', ts: '', data: {}, offset },
  ...(hearing && { hearing }),
});
const accept = (...offsets: number[]) => offsets.forEach((offset) => order.accept('r', offset, news(offset)));

describe('the pushes of a room', () => {
  it('pass at once in order, the first as it comes', () => {
    accept(7, 8, 9);

    expect(delivered).toEqual([7, 8, 9]);
    expect(order.headOf('r')).toBe(9);
  });

  it('wait for the one before them', () => {
    accept(1, 3, 4);
    expect(delivered).toEqual([1]);
    accept(2);

    expect(delivered).toEqual([1, 2, 3, 4]);
  });

  it('wait for one that is missing at the very beginning, when it is known where the room stands', () => {
    order.know('r', 3);
    accept(6, 4, 5);

    expect(delivered).toEqual([4, 5, 6]);
  });

  it('never pass over a gap: after a second the room is to be repaired, and goes on from there', () => {
    accept(1, 3, 5);
    jest.advanceTimersByTime(999);
    expect(gaps).toBe(0);
    jest.advanceTimersByTime(1);
    expect([gaps, delivered]).toEqual([1, [1]]);
    accept(2, 6); // what comes during the repair waits, be it the one that was missing
    jest.advanceTimersByTime(1_000);
    expect([gaps, delivered]).toEqual([1, [1]]);

    order.repaired('r', 5);
    expect(delivered).toEqual([1, 6]);
    accept(4, 7);
    expect(delivered).toEqual([1, 6, 7]);
  });

  it('are repaired again when the next one is missing, too', () => {
    accept(1, 3, 9);
    jest.advanceTimersByTime(1_000);
    order.repaired('r', 3);
    jest.advanceTimersByTime(1_000);

    expect([gaps, delivered]).toEqual([2, [1]]);
    order.repaired('r', 9);
    expect(delivered).toEqual([1]);
    accept(10);
    expect(delivered).toEqual([1, 10]);
  });

  it('of a room that is gone are no more than its end', () => {
    accept(1, 3);
    order.accept('r', 4, news(4, { ended: true }));
    jest.advanceTimersByTime(1_000);
    order.gone('r');
    jest.advanceTimersByTime(1_000);

    expect([gaps, delivered]).toEqual([1, [1, 4]]);
  });

  it('pass once, however often they come', () => {
    accept(1, 1, 3, 3, 2, 2, 3, 1);

    expect(delivered).toEqual([1, 2, 3]);
  });

  it('do not wait for those of another room', () => {
    accept(1, 3);
    order.accept('other', 1, news(1));
    order.accept('other', 2, news(2));

    expect(delivered).toEqual([1, 1, 2]);
    expect(order.headOf('elsewhere')).toBe(0);
  });

  it('come out in order and without gaps, whatever the order they came in', () => {
    const all = Array.from({ length: 20 }, (_, n) => n + 2);
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (offsets) => {
        order = anOrder();
        accept(1, ...offsets);

        expect([gaps, delivered]).toEqual([0, [1, ...all]]);
      }),
    );
  });
});

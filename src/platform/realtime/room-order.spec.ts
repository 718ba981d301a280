import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import type { Push } from './push.js';
import { RoomOrder } from './room-order.js';

let delivered: (number | undefined)[];
let order: RoomOrder;

beforeEach(() => {
  jest.useFakeTimers();
  delivered = [];
  order = new RoomOrder(({ offset }) => delivered.push(offset));
});
afterEach(() => {
  jest.useRealTimers();
});

const push = (offset: number): Push & { offset: number } => ({
  ...{ clientId: 'c', audience: { kind: 'room', id: 'r' }, ev: 'message.created', ts: '', data: {} },
  offset,
});
const accept = (...offsets: number[]) => offsets.forEach((offset) => order.accept('r', push(offset)));

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

  it('wait no longer than 100 ms: then the gap is the sockets’ to see', () => {
    accept(1, 3, 5);
    jest.advanceTimersByTime(99);
    expect(delivered).toEqual([1]);
    jest.advanceTimersByTime(1);

    expect(delivered).toEqual([1, 3, 5]);
    accept(2, 4, 6);
    expect(delivered).toEqual([1, 3, 5, 6]);
  });

  it('pass once, however often they come', () => {
    accept(1, 1, 3, 3, 2, 2, 3, 1);

    expect(delivered).toEqual([1, 2, 3]);
  });

  it('do not wait for those of another room', () => {
    accept(1, 3);
    order.accept('other', push(1));
    order.accept('other', push(2));

    expect(delivered).toEqual([1, 1, 2]);
    expect(order.headOf('elsewhere')).toBe(0);
  });

  it('come out in rising order whatever the order they came in, and all of them when the first came first', () => {
    const shuffled = fc.shuffledSubarray(Array.from({ length: 20 }, (_, n) => n + 2));
    fc.assert(
      fc.property(shuffled, (offsets) => {
        delivered = [];
        order = new RoomOrder(({ offset }) => delivered.push(offset));
        accept(1, ...offsets);
        jest.advanceTimersByTime(100);

        expect(delivered).toEqual([1, ...offsets].sort((a, b) => a - b));
      }),
    );
  });
});

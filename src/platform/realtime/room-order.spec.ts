import { describe, expect, it } from '@jest/globals';
import type { Push } from './push.js';
import { RoomOrder } from './room-order.js';

const TOPIC = 'client/room/lobby';

function anOrder() {
  const passed: (number | undefined)[] = [];
  const order = new RoomOrder(({ offset }) => passed.push(offset));
  const hear = (...offsets: number[]) => {
    for (const offset of offsets) {
      const push: Push = {
        clientId: 'client',
        audience: { kind: 'room', id: 'lobby' },
        ev: 'x',
        ts: '',
        data: {},
        offset,
      };
      order.accept(TOPIC, { ...push, offset });
    }
  };
  return { order, passed, hear };
}

describe('the order of a room', () => {
  it('holds what came too early until the one before it has come', () => {
    const { hear, passed } = anOrder();
    hear(1, 3, 2, 4);
    expect(passed).toEqual([1, 2, 3, 4]);
  });

  it('lets nothing pass twice', () => {
    const { hear, passed } = anOrder();
    hear(1, 2, 1, 2, 3);
    expect(passed).toEqual([1, 2, 3]);
  });

  it('holds the very first, too, when it is known where the room stands', () => {
    const { order, hear, passed } = anOrder();
    order.know(TOPIC, 3);
    hear(6, 4, 5);
    expect(passed).toEqual([4, 5, 6]);
  });

  it('forgets nothing that has passed when a later socket is told an older place', () => {
    const { order, hear, passed } = anOrder();
    hear(5);
    order.know(TOPIC, 3);
    hear(4, 6);
    expect(passed).toEqual([5, 6]);
  });
});

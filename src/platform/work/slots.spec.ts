import { describe, expect, it } from '@jest/globals';
import { Slots } from './slots.js';

const fill = (slots: Slots, client: string): number => {
  let taken = 0;
  for (; slots.mayTake(client); taken++) slots.take(client);
  return taken;
};

describe('slots', () => {
  it('go to a busy client, but for the fifth that is held back', () => {
    expect(fill(new Slots(50), 'busy')).toBe(40);
  });

  it('go to another client while a busy one has all it may have', () => {
    const slots = new Slots(50);
    fill(slots, 'busy');

    expect(fill(slots, 'late')).toBe(10);
    expect(slots.mayTake('later')).toBe(false);
  });

  it('come back', () => {
    const slots = new Slots(5);
    fill(slots, 'busy');
    expect(slots.mayTake('busy')).toBe(false);
    slots.release('busy');

    expect(slots.mayTake('busy')).toBe(true);
  });

  it('are one at least for each', () => {
    const slots = new Slots(1);

    expect(fill(slots, 'one')).toBe(1);
    expect(slots.room(50)).toMatchObject({ limit: 0, unreserved: 0 });
  });

  it('make room for a sweep by the same rule', () => {
    const slots = new Slots(50);
    expect(slots.room(50)).toMatchObject({ limit: 50, share: 10, unreserved: 40 });
    fill(slots, 'busy');

    expect(slots.room(50)).toMatchObject({ limit: 10, share: 10, unreserved: 0, held: new Map([['busy', 40]]) });
    expect(slots.room(3)).toMatchObject({ limit: 3 });
  });

  it('are shut while four ends for each wait to be written', () => {
    const slots = new Slots(2);
    const written = Array.from({ length: 8 }, () => slots.hold());
    expect(slots.mayTake('one')).toBe(false);
    expect(slots.room(50).limit).toBe(0);
    written[0]?.();

    expect(slots.mayTake('one')).toBe(true);
  });

  it('wake who waits for one', async () => {
    const slots = new Slots(1);
    slots.take('one');
    const freed = slots.whenFreed();
    slots.release('one');

    await expect(freed).resolves.toBeUndefined();
  });
});

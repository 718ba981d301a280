import { expect, it } from '@jest/globals';
import { entryOf, RoomLog } from './room-log.js';

const event = (offset: number, id = `m${offset}`) =>
  entryOf({ ev: 'message.created', offset, data: { id, clientMessageId: null } });

it('applies the next, knows what came twice, and sees a gap until it is filled', () => {
  const log = new RoomLog('room');

  expect(log.take(entryOf({ ev: 'room.created', offset: 1, data: {} }))).toBe('applied');
  expect(log.take(event(2))).toBe('applied');
  expect(log.take(event(2))).toBe('known');
  expect(log.take(event(4))).toBe('gap');
  expect([log.last, log.head, log.isBehind]).toEqual([2, 4, true]);
  expect([event(3), event(4)].map((one) => log.take(one))).toEqual(['applied', 'applied']);
  expect([log.last, log.head, log.isBehind]).toEqual([4, 4, false]);
});

it('sees what is another thing at an offset that it has', () => {
  const log = new RoomLog('room');
  log.take(event(1));

  expect(log.take(event(1, 'another'))).toBe('another');
});

it('is behind a head that it was told of', () => {
  const log = new RoomLog('room');

  log.hearOf(1);

  expect(log.isBehind).toBe(true);
});

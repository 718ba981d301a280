import { describe, expect, it } from '@jest/globals';
import { BODY_MAX_BYTES, bodyOf, fitted, inputOf, isFalsy, keptOf, thinned, type ToldEvent } from './body.rules.js';

const EVENT: ToldEvent = {
  ...{ id: 'e-1', type: 'message.created', at: new Date('2026-11-24T09:30:00Z'), roomId: 'r-1', sequence: 7 },
  ...{ data: '{"id":"m-1","senderId":"ann","content":"Hello"}', truncated: false },
};

describe('the body of a call', () => {
  it('says what happened, when, and where in its room', () => {
    expect(JSON.parse(bodyOf(EVENT, 'full'))).toEqual({
      ...{ id: 'e-1', type: 'message.created', timestamp: '2026-11-24T09:30:00.000Z', roomId: 'r-1', sequence: 7 },
      data: { id: 'm-1', senderId: 'ann', content: 'Hello' },
    });
  });

  it('names no room for what is in none', () => {
    const body = bodyOf({ ...EVENT, roomId: null, sequence: null, data: '{}' }, 'full');
    expect(Object.keys(JSON.parse(body) as object)).toEqual(['id', 'type', 'timestamp', 'data']);
  });

  it('has ids only when it is thin', () => {
    expect((JSON.parse(bodyOf(EVENT, 'thin')) as { data: object }).data).toEqual({ id: 'm-1', senderId: 'ann' });
  });

  it.each([
    ['{"id":1,"roomId":null,"solid":"x","Id":"y","nested":{"id":2}}', { id: 1, roomId: null, Id: 'y' }],
    [JSON.stringify({ id: 'x'.repeat(501), userId: ['a'] }), {}],
    ['[1]', {}],
    ['null', {}],
  ])('%s is thinned to its ids', (data, ids) => {
    expect(JSON.parse(thinned(data))).toEqual(ids);
  });

  it('is told thin when it is too long, and says so', () => {
    const data = (content: string) => JSON.stringify({ id: 'm-1', content });
    const { truncated: _, ...event } = EVENT;
    const over = Buffer.byteLength(bodyOf({ ...EVENT, data: data('') }, 'full'));
    const fits = fitted({ ...event, data: data('x'.repeat(BODY_MAX_BYTES - over)) });
    expect(Buffer.byteLength(bodyOf(fits, 'full'))).toBe(BODY_MAX_BYTES);

    const long = fitted({ ...event, data: data('x'.repeat(BODY_MAX_BYTES - over + 1)) });
    expect(JSON.parse(bodyOf(long, 'full'))).toMatchObject({ truncated: true, data: { id: 'm-1' } });
  });

  it('is what a filter sees, but for its time', () => {
    const { id, type, roomId, sequence } = EVENT;
    expect(inputOf(EVENT)).toEqual({ id, type, roomId, sequence, data: JSON.parse(EVENT.data) });
  });
});

it.each([
  [null, true],
  [false, true],
  ['', true],
  [[], true],
  [{}, true],
  [0, false],
  [true, false],
  ['x', false],
  [[0], false],
])('%j is false for JMESPath: %s', (value, is) => {
  expect(isFalsy(value)).toBe(is);
});

describe('what is kept of an answer', () => {
  it('is 4 KB at most, and ends with a whole character', () => {
    expect(Buffer.byteLength(keptOf('x'.repeat(10_000)))).toBe(4_096);
    expect(keptOf(`${'x'.repeat(4_095)}ü`)).toBe('x'.repeat(4_095));
    expect(keptOf(`${'x'.repeat(4_094)}👍`)).toBe('x'.repeat(4_094));
  });

  it('has nothing that PostgreSQL cannot store', () => {
    expect(keptOf('a\0b\ud800c')).toBe('ab\ufffdc');
  });
});

import { describe, expect, it } from '@jest/globals';
import { faultsBeside, faultsOfExpression, placesIn } from './expression-places.rules.js';

const codes = (expression: string, ...earlier: string[]): string[] =>
  faultsOfExpression(expression, '/x', new Set(earlier)).map(({ code, message }) => `${code}: ${message}`);

describe('an expression', () => {
  it.each([
    'payload.a.b',
    'event.id == headers."x-id"',
    'payload.items[?price > `10`].name | [0]',
    'sort_by(payload.items, &price)[0].name',
    'map(&id, payload.items)',
    'payload.items[?id == $.event.externalId] | [0]',
    'let $order = payload.order in $order.id',
    '{a: payload.b, c: `1`}',
    "join('-', [event.name, payload.id])",
    'steps.room.id',
    '@.steps.room.id',
    'steps',
    '@',
    '$.payload.x',
    "'a literal'",
    'payload.{x: foo}',
    'payload.*.x',
    '*',
    'payload.x && !headers.y || steps.room',
  ])('may be %s', (expression) => {
    expect(codes(expression, 'room')).toEqual([]);
  });

  it.each([
    ['paylod.id', 'unknown_name: there is no paylod to read: expressions begin with event, payload, headers, steps'],
    [
      'payload.items[?id == $.evnt.id]',
      'unknown_name: there is no evnt to read: expressions begin with event, payload, headers, steps',
    ],
    [
      'join(`1`, [constructor])',
      'unknown_name: there is no constructor to read: expressions begin with event, payload, headers, steps',
    ],
    ['steps.later.id', 'unknown_name: no action before this one has the id later'],
    ['@.steps.later', 'unknown_name: no action before this one has the id later'],
    ['payload.items[?id == $.steps.later.id]', 'unknown_name: no action before this one has the id later'],
    ['@ | foo', 'unknown_name: there is no foo to read: expressions begin with event, payload, headers, steps'],
    ['payload.', 'jmespath: '],
    ['evil(payload)', 'jmespath: This is no JMESPath expression: there is no function evil()'],
    ['x'.repeat(1_001), 'jmespath: This is no JMESPath expression: it is longer than 1000 characters'],
  ])('may not be %s', (expression, fault) => {
    expect(codes(expression, 'room')).toEqual([expect.stringContaining(fault)]);
  });
});

describe('places', () => {
  it('of expressions are found wherever they are, and what only looks like one is a fault', () => {
    const { places, faults } = placesIn(
      { a: { $: 'x' }, list: ['y', { $: 'z' }], 'b/c': [{ $: 'q', more: 1 }, { $: 7 }] },
      '/params',
    );
    expect(places).toEqual([
      { pointer: '/params/a', expression: 'x', list: null },
      { pointer: '/params/list/1', expression: 'z', list: '/params/list' },
    ]);
    expect(faults.map(({ pointer }) => pointer)).toEqual(['/params/b~1c/0', '/params/b~1c/1']);
  });

  it('take the faults with them that their values may not have', () => {
    const { places } = placesIn({ a: { $: 'x' }, list: [{ $: 'z' }] }, '');
    const fault = (pointer: string, code = 'is_string') => ({ pointer, code, message: '' });
    const left = [fault('/b'), fault('/list', 'array_max_size'), fault('/ab')];
    expect(faultsBeside([fault('/a'), fault('/a/$'), fault('/list'), fault('/list/0/x'), ...left], places)).toEqual(
      left,
    );
  });
});

import { expect, it } from '@jest/globals';
import { type Known, type Recipient, targetsOf } from './recipients.rules.js';

const known: Known = {
  emailOf: new Map([
    ['ann', { email: 'ann@example.com', displayName: 'Ann Lee' }],
    ['bob', { email: null, displayName: 'Bob' }],
  ]),
  roomIds: new Set(['our room']),
};
const channels = ['websocket', 'email'] as const;

it.each<[string, Recipient, [websocket: string | null, email: string | null], string, string | null]>([
  ['a user with an address', { userId: 'ann' }, [null, null], 'ann@example.com', 'Ann Lee'],
  ['a user without one', { userId: 'bob' }, [null, 'no_address'], 'bob', 'Bob'],
  ['a user nobody mentioned yet', { userId: 'eve' }, [null, 'no_address'], 'eve', null],
  ['an address', { email: 'x@example.com' }, ['no_address', null], 'x@example.com', null],
  ['an address with a name', { email: 'x@example.com', name: 'X' }, ['no_address', null], 'x@example.com', 'X'],
  ['a user by another name', { userId: 'ann', name: 'Dr Lee' }, [null, null], 'ann@example.com', 'Dr Lee'],
  ['a room', { roomId: 'our room' }, [null, 'no_address'], 'our room', null],
  ['a room that is not ours', { roomId: 'their room' }, ['no_address', 'no_address'], 'their room', null],
])('%s', (_what, recipient, unreachable, address, name) => {
  const [websocket, email] = targetsOf([recipient], channels, known);

  expect([websocket?.unreachable, email?.unreachable]).toEqual(unreachable);
  expect(email).toMatchObject({ channel: 'email', recipient: address, recipientName: name });
});

it('makes one of each recipient and wanted channel, in order', () => {
  const targets = targetsOf([{ userId: 'ann' }, { email: 'x@example.com' }], ['email'], known);

  expect(targets.map(({ channel, recipient }) => `${channel} ${recipient}`)).toEqual([
    'email ann@example.com',
    'email x@example.com',
  ]);
});

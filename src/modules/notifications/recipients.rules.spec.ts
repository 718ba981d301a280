import { expect, it } from '@jest/globals';
import type { Party } from '../../extension/channel.js';
import { type Known, type Recipient, targetsOf, type WantedChannel } from './recipients.rules.js';

const profile = (wish: Partial<NonNullable<Party['user']>>) => ({
  ...{ displayName: null, email: null, phone: null, metadata: {} },
  ...wish,
});
const known: Known = {
  users: new Map([
    ['ann', profile({ email: 'ann@example.com', displayName: 'Ann Lee' })],
    ['bob', profile({ displayName: 'Bob' })],
  ]),
  devices: new Map([
    [
      'ann',
      [
        { id: 'phone', kind: 'fcm' },
        { id: 'laptop', kind: 'webpush' },
      ],
    ],
  ]),
  roomIds: new Set(['our room']),
};
const mail: WantedChannel = {
  name: 'mail',
  addressesOf: ({ email, name, user }) => {
    const recipient = email ?? user?.email;
    return recipient ? [{ recipient, name: name ?? user?.displayName ?? null }] : [];
  },
};
const rooms: WantedChannel = {
  name: 'rooms',
  addressesOf: ({ roomId, isOwnRoom }) => (roomId !== undefined && isOwnRoom ? [{ recipient: roomId }] : []),
};
const devices: WantedChannel = {
  name: 'devices',
  addressesOf: (party) => party.devices.map(({ id, kind }) => ({ recipient: id, kind, deviceId: id })),
};

it.each<[string, Recipient, string | null, string, string | null]>([
  ['a user with an address', { userId: 'ann' }, null, 'ann@example.com', 'Ann Lee'],
  ['a user without one', { userId: 'bob' }, 'no_address', 'bob', 'Bob'],
  ['a user nobody mentioned yet', { userId: 'eve' }, 'no_address', 'eve', null],
  ['an address', { email: 'x@example.com' }, null, 'x@example.com', null],
  ['an address with a name', { email: 'x@example.com', name: 'X' }, null, 'x@example.com', 'X'],
  ['a user by another name', { userId: 'ann', name: 'Dr Lee' }, null, 'ann@example.com', 'Dr Lee'],
  ['a number', { phone: '+15550100' }, 'no_address', '+15550100', null],
  ['a URL', { url: 'https://example.com/hook' }, 'no_address', 'https://example.com/hook', null],
  ['a room', { roomId: 'our room' }, 'no_address', 'our room', null],
])('by mail: %s', (_what, recipient, unreachable, address, name) => {
  expect(targetsOf([recipient], [mail], known)).toMatchObject([
    { n: 0, channel: 'mail', recipient: address, recipientName: name, unreachable },
  ]);
});

it.each<[string, string, string | null]>([
  ['one of ours', 'our room', null],
  ['one of theirs, or none', 'their room', 'no_address'],
])('in a room: %s', (_what, roomId, unreachable) => {
  expect(targetsOf([{ roomId }], [rooms], known)).toMatchObject([{ recipient: roomId, roomId, unreachable }]);
});

it('reaches a user on each of their devices', () => {
  expect(targetsOf([{ userId: 'ann' }], [devices], known)).toMatchObject([
    { recipient: 'phone', addressKind: 'fcm', deviceId: 'phone', userId: 'ann', unreachable: null },
    { recipient: 'laptop', addressKind: 'webpush', deviceId: 'laptop', userId: 'ann', unreachable: null },
  ]);
});

it('makes one of each recipient and wanted channel, in order', () => {
  const targets = targetsOf([{ userId: 'ann' }, { roomId: 'our room' }], [mail, rooms], known);

  expect(targets.map(({ n, channel, unreachable }) => [n, channel, unreachable])).toEqual([
    [0, 'mail', null],
    [0, 'rooms', 'no_address'],
    [1, 'mail', 'no_address'],
    [1, 'rooms', null],
  ]);
});

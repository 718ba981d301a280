import { expect, it } from '@jest/globals';
import { type Checkable, faultsOf } from './notification.rules.js';

const good: Checkable = { to: [{ userId: 'ann' }], channels: { websocket: {} } };

it.each<[string, Partial<Checkable>, string[]]>([
  ['nothing', {}, []],
  ['a recipient of two kinds', { to: [{ userId: 'ann' }, { userId: 'bob', email: 'bob@example.com' }] }, ['/to/1']],
  ['recipients of no kind', { to: [{}, { name: 'X' }] }, ['/to/0', '/to/1']],
  ['no channel', { channels: {} }, ['/channels']],
  ['a mail without a body', { channels: { email: { subject: 'Hi' } } }, ['/channels/email']],
  ['a mail with an empty text', { channels: { email: { subject: 'Hi', text: '' } } }, []],
  [
    'an end before its beginning',
    { sendAt: '2030-01-02T00:00:00Z', expiresAt: '2030-01-01T00:00:00Z' },
    ['/expiresAt'],
  ],
  [
    'an end at its beginning',
    { sendAt: '2030-01-01T00:00:00Z', expiresAt: '2030-01-01T01:00:00+01:00' },
    ['/expiresAt'],
  ],
  ['an end after its beginning', { sendAt: '2030-01-01T00:00:00Z', expiresAt: '2030-01-01T00:00:01Z' }, []],
  ['several', { to: [{}], channels: {} }, ['/to/0', '/channels']],
])('finds %s', (_what, wish, pointers) => {
  expect(faultsOf({ ...good, ...wish }).map(({ pointer }) => pointer)).toEqual(pointers);
});

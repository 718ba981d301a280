import { expect, it } from '@jest/globals';
import { type Checkable, faultsOf } from './notification.rules.js';

const fault = (pointer: string) => ({ pointer, code: 'a_fault', message: 'has a fault' });
const CHANNELS: Readonly<Record<string, ReturnType<Parameters<typeof faultsOf>[1]>>> = {
  websocket: {},
  email: {},
  faulty: { faultsOf: () => [fault(''), fault('/field')] },
};

const good: Checkable = { to: [{ userId: 'ann' }], channels: { websocket: {} } };

it.each<[string, Partial<Checkable>, string[]]>([
  ['nothing', {}, []],
  ['a recipient of two kinds', { to: [{ userId: 'ann' }, { userId: 'bob', email: 'bob@example.com' }] }, ['/to/1']],
  ['recipients of no kind', { to: [{}, { name: 'X' }] }, ['/to/0', '/to/1']],
  ['no channel', { channels: {} }, ['/channels']],
  ['a content with a fault', { channels: { faulty: {} } }, ['/channels/faulty', '/channels/faulty/field']],
  ['a channel that nobody has', { channels: { fax: {} } }, ['/channels/fax']],
  ['an order of what is not wanted', { routing: { order: ['websocket', 'email'] } }, ['/routing/order/1']],
  [
    'each kind of recipient',
    { to: [{ userId: 'ann' }, { email: 'a@b' }, { phone: '+1' }, { url: 'u' }, { roomId: 'r' }] },
    [],
  ],
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
  expect(faultsOf({ ...good, ...wish }, (name) => CHANNELS[name]).map(({ pointer }) => pointer)).toEqual(pointers);
});

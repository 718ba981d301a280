import { describe, expect, it } from '@jest/globals';
import { destinationOf, testContentOf } from './test-message.rules.js';

const SUBSCRIPTION = { endpoint: 'https://push.example/1', keys: { p256dh: 'key', auth: 'secret' } };
const NOBODY = { name: null, kind: null, device: null, unsubscribeUrl: null };
const plain = (recipient: string) => ({ ...NOBODY, recipient });
const device = (kind: string, address: object) => ({ ...NOBODY, recipient: 'test', kind, device: address });

describe('a test message', () => {
  it.each<[string, readonly string[], string, object | null]>([
    ['email', [], 'ann@example.com', plain('ann@example.com')],
    ['email', [], 'ann', null],
    ['email', [], 'a@b.example\nBcc: c@d.example', null],
    ['sms', [], '+15550100', plain('+15550100')],
    ['sms', [], '5550100', null],
    ['webhook', [], 'https://example.com/hook', plain('https://example.com/hook')],
    ['webhook', [], 'ftp://example.com', null],
    ['pigeon', [], 'the loft', plain('the loft')],
    ['push', ['fcm'], 'token', device('fcm', { token: 'token' })],
    ['push', ['apns'], 'token', device('apns', { token: 'token' })],
    ['push', [], 'token', device('fcm', { token: 'token' })],
    ['push', ['webpush'], 'token', null],
    ['push', ['webpush'], JSON.stringify(SUBSCRIPTION), device('webpush', { subscription: SUBSCRIPTION })],
    ['push', ['fcm'], JSON.stringify(SUBSCRIPTION), null],
    ['push', ['webpush'], '{"endpoint":5}', null],
    ['push', ['webpush'], '{', null],
  ])('on %s for %j to %s goes to %j', (channel, addresses, to, expected) => {
    expect(destinationOf(channel, addresses, to)).toEqual(expected);
  });

  it('has a content on the channels of the house, and none where only a plugin knows', () => {
    expect(['email', 'sms', 'push', 'webhook'].map(testContentOf)).not.toContain(null);
    expect(['pigeon', 'toString', 'constructor'].map(testContentOf)).toEqual([null, null, null]);
  });
});

import { describe, expect, it } from '@jest/globals';
import { addressOf, type DeviceWish, hashOf, lastFourOf } from './devices.rules.js';

const subscription = {
  endpoint: 'https://push.example/send/abcdef123456',
  keys: { p256dh: 'BNcRdreALRFXTkOO', auth: 'tBHItJI5svbpez7K' },
};

describe('addressOf', () => {
  it.each<DeviceWish>([
    { kind: 'fcm', token: 'token-of-a-phone' },
    { kind: 'apns', token: 'token-of-a-phone' },
  ])('is the token of %j', (wish) => {
    expect(addressOf(wish)).toEqual({ token: 'token-of-a-phone' });
  });

  it('is what a push needs of a subscription, and nothing else the browser gave', () => {
    const given = { ...subscription, expirationTime: null };
    expect(addressOf({ kind: 'webpush', subscription: given })).toEqual({ subscription });
  });

  it.each<[DeviceWish, string]>([
    [{ kind: 'webpush' }, '/subscription'],
    [{ kind: 'webpush', token: 'a', subscription }, '/token'],
    [{ kind: 'fcm' }, '/token'],
    [{ kind: 'apns', token: 'a', subscription }, '/subscription'],
  ])('refuses %j at %s', (wish, pointer) => {
    expect(() => addressOf(wish)).toThrow(
      expect.objectContaining({ details: { errors: [expect.objectContaining({ pointer })] } }),
    );
  });
});

describe('hashOf', () => {
  it('tells addresses and kinds apart, and knows an endpoint again under new keys', () => {
    const renewed = { ...subscription, keys: { p256dh: 'other', auth: 'other' } };
    expect(hashOf('webpush', { subscription: renewed })).toEqual(hashOf('webpush', { subscription }));
    expect(hashOf('fcm', { token: 'a' })).not.toEqual(hashOf('fcm', { token: 'b' }));
    expect(hashOf('fcm', { token: 'a' })).not.toEqual(hashOf('apns', { token: 'a' }));
  });
});

describe('lastFourOf', () => {
  it('shows the end of an address, and nothing of one that would be half shown', () => {
    expect(lastFourOf({ token: 'token-of-a-phone' })).toBe('hone');
    expect(lastFourOf({ subscription })).toBe('3456');
    expect(lastFourOf({ token: 'short' })).toBe('');
  });
});

import { describe, expect, it } from '@jest/globals';
import { Secret, Text } from '../../extension/index.js';
import type { ProviderRegistry } from '../../extension/provider-registry.js';
import { SecretBox } from '../../platform/security/index.js';
import { readEnv } from '../../config/index.js';
import { ProviderSettings } from './provider-settings.js';
import { MASK } from '../../platform/security/index.js';

class AcmeSettings {
  @Text({ max: 100 }) readonly account: string;
  @Secret() @Text({ max: 100 }) readonly apiKey: string;
  @Secret() @Text({ max: 100, optional: true }) readonly pin?: string;
}

const acme = {
  kind: 'acme',
  channels: ['email'],
  title: 'Acme',
  settings: AcmeSettings,
  provider: { send: () => Promise.reject(new Error()) },
};
const registry = {
  find: (kind: string) => (kind === 'acme' ? acme : undefined),
  all: () => [acme],
} as unknown as ProviderRegistry;
const env = readEnv({ DATABASE_URL: 'postgres://x@y/z', REDIS_URL: 'redis://x', SECRET_KEY: 'a-secret-key-for-tests' });
const settings = new ProviderSettings(registry, new SecretBox(env));

const SECRET = 'k3y/with+odd=signs?';
const given = { account: 'shop', apiKey: SECRET };

describe('settings', () => {
  it('show no secret', () => {
    expect(settings.masked('acme', given)).toEqual({ account: 'shop', apiKey: MASK });
    expect(settings.masked('acme', { ...given, pin: '1234' })).toEqual({ account: 'shop', apiKey: MASK, pin: MASK });
  });

  it('show nothing at all of a kind that is not installed any more', () => {
    expect(settings.masked('gone', given)).toEqual({ account: MASK, apiKey: MASK });
  });

  it.each([
    ['what is not sent', { account: 'other' }, { account: 'other', apiKey: SECRET }],
    ['a secret that comes back masked', { apiKey: MASK }, given],
    ['no secret that is new', { apiKey: 'new' }, { account: 'shop', apiKey: 'new' }],
  ])('keep in a change %s', (_what, changes, expected) => {
    expect(settings.merged('acme', given, changes)).toEqual(expected);
  });

  it('open again only where they were sealed', () => {
    const sealed = settings.seal('client', 'provider', given);

    expect(JSON.stringify(sealed)).not.toContain('shop');
    expect(settings.open('client', 'provider', sealed)).toEqual(given);
    expect(() => settings.open('client', 'another', sealed)).toThrow('cannot be opened');
    expect(() => settings.open('other client', 'provider', sealed)).toThrow('cannot be opened');
  });
});

describe('what a provider says', () => {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');

  it.each([
    ['itself', SECRET],
    ['in a URL', encodeURIComponent(SECRET)],
    ['in base64', base64(SECRET)],
    ['in AUTH PLAIN', base64(`\0a\0${SECRET}`)],
    ['in AUTH PLAIN of a longer user', base64(`\0ab\0${SECRET}`)],
    ['in AUTH PLAIN of a yet longer user', base64(`\0abc\0${SECRET}`)],
    ['amid more', base64(`user:${SECRET}:more`)],
  ])('is stored without a secret: %s', (_form, said) => {
    const redacted = settings.redact('acme', given, `535 no: ${said}`);

    expect(redacted).toContain('535 no: ');
    expect(redacted).toContain(MASK);
    expect(redacted).not.toContain(SECRET);
    expect(Buffer.from(said, 'base64').toString()).not.toBe(
      Buffer.from(redacted.replace('535 no: ', ''), 'base64').toString(),
    );
  });

  it('stays as it is when it holds none, and is not taken apart by a secret of three letters', () => {
    expect(settings.redact('acme', { ...given, pin: 'the' }, '550 no such user in the house')).toBe(
      '550 no such user in the house',
    );
  });
});

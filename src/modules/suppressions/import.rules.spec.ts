import { describe, expect, it } from '@jest/globals';
import { checked, IMPORT_MAX, readCsv } from './import.rules.js';

const FORMS = {
  isChannel: (name: string) => name === 'email',
  of: (_channel: string, address: string) => (address.includes('@') ? address.toLowerCase() : null),
};
const of = (text: string) => {
  const { given, faults } = readCsv(text);
  const { sound, faults: more } = checked(given, FORMS);
  return { sound, faults: [...faults, ...more].map(({ pointer, code }) => `${pointer} ${code}`) };
};
const HEAD = 'channel,address,reason\n';

describe('an import as CSV', () => {
  it('goes by the names of its columns, whatever else there is', () => {
    const text = 'createdAt, Reason ,address,channel\nnow,manual,"Ann@Example.com",email\n';
    const sound = [{ channel: 'email', address: 'ann@example.com', reason: 'manual' }];
    expect(of(text)).toEqual({ sound, faults: [] });
  });

  it('has every fault named with its line', () => {
    const text = `${HEAD}email,ann@example.com,manual\n\nfax,1,manual\nemail,nobody,why\n,,\nemail,"x`;
    expect(of(text).faults).toEqual([
      '/lines/7 unclosed_quote',
      '/lines/4/channel unknown_channel',
      '/lines/5/address invalid_address',
      '/lines/5/reason unknown_reason',
      '/lines/6/channel unknown_channel',
      '/lines/6/reason unknown_reason',
    ]);
  });

  it.each([
    ['nothing', '', ['/lines/1 missing_column', '/lines/1 missing_column', '/lines/1 missing_column']],
    ['no names', 'email,ann@example.com,manual', Array(3).fill('/lines/1 missing_column')],
    ['a name too few', 'channel,address\nemail,ann@example.com', ['/lines/1 missing_column']],
    ['too many lines', HEAD + 'email,a@b.c,manual\n'.repeat(IMPORT_MAX + 1), [' too_many']],
  ])('with %s is none', (_what, text, faults) => {
    expect(of(text)).toEqual({ sound: [], faults });
  });

  it('of as many lines as it may have is one', () => {
    expect(of(HEAD + 'email,a@b.c,manual\n'.repeat(IMPORT_MAX)).sound).toHaveLength(IMPORT_MAX);
  });
});

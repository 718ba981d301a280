import { describe, expect, it } from '@jest/globals';
import { isLocale, isTimeZone } from './users.rules.js';

describe('isLocale', () => {
  it.each(['en', 'en-GB', 'zh-Hant-TW', 'sr-Latn', 'de-DE-1996', 'en-u-ca-buddhist'])('takes %s', (tag) => {
    expect(isLocale(tag)).toBe(true);
  });

  it.each(['', 'e', 'en_GB', 'english language', 'en-', '-', 7, null, ['en', 'de']])('refuses %j', (tag) => {
    expect(isLocale(tag)).toBe(false);
  });
});

describe('isTimeZone', () => {
  it.each(['UTC', 'Europe/Paris', 'America/Argentina/Buenos_Aires', 'Asia/Kolkata'])('takes %s', (zone) => {
    expect(isTimeZone(zone)).toBe(true);
  });

  it.each(['', 'Europe/Atlantis', '+01:00', '-05', 'Paris', 'GMT+1', 7, null])('refuses %j', (zone) => {
    expect(isTimeZone(zone)).toBe(false);
  });
});

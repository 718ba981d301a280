import { expect, it } from '@jest/globals';
import { partsOf, SMS_LIMITS } from './sms.limits.js';

it.each<[string, string, number]>([
  ['160 of the GSM alphabet', 'a'.repeat(160), 1],
  ['one more', 'a'.repeat(161), 2],
  ['two whole parts', 'é'.repeat(306), 2],
  ['80 that take two places', '€'.repeat(80), 1],
  ['one more of these', '€'.repeat(81), 2],
  ['70 of another alphabet', 'д'.repeat(70), 1],
  ['one more of these', 'д'.repeat(71), 2],
  ['one letter of another among 100', `${'a'.repeat(99)}ł`, 2],
  ['emoji, which are two units each', '😀'.repeat(35), 1],
  ['the longest', 'a'.repeat(SMS_LIMITS.textLength), SMS_LIMITS.parts],
])('%s', (_what, text, parts) => {
  expect(partsOf(text)).toBe(parts);
});

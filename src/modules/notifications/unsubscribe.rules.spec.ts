import { expect, it } from '@jest/globals';
import { maskedAddress } from './unsubscribe.rules.js';

it.each([
  ['ann.miller@example.com', 'a•••@example.com'],
  ['a@example.com', 'a•••@example.com'],
  ['+4915112345678', '•••78'],
  ['x', '•••x'],
])('%s is shown as %s', (address, masked) => {
  expect(maskedAddress(address)).toBe(masked);
});

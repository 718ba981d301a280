import { describe, expect, it } from '@jest/globals';
import { recipientShown, withoutPeople } from './hidden.rules.js';

describe('what the operator sees', () => {
  it.each([
    ['ann.miller@example.com', null, 'a••••@example.com'],
    ['+4915112345678', 'ann', '••••78'],
    ['ann', 'ann', 'ann'],
    ['https://hooks.example.com/T0/secret?key=1', null, 'https://hooks.example.com'],
    ['dEvIcE-token-of-a-push-service', null, '••••vice'],
  ])('of %s is enough to help, and no more', (recipient, userId, shown) => {
    expect(recipientShown(recipient, userId)).toBe(shown);
  });

  it('of an answer is what went wrong, not with whom', () => {
    expect(withoutPeople('550 5.1.1 <ann@example.com>: no such user; call +49 151 12345678')).toBe(
      '550 5.1.1 <a••••@example.com>: no such user; call ••••78',
    );
  });
});

import { describe, expect, it } from '@jest/globals';
import { copiesWithout } from './copies.rules.js';

const none = { cc: null, bcc: null, replyTo: null, from: null };
const ann = ['ann@example.com'];

describe('copiesWithout', () => {
  it('is null where nobody is to go', () => {
    expect(copiesWithout({ ...none, cc: ['bob@example.com'], from: 'shop@example.com' }, ann)).toBeNull();
    expect(copiesWithout(none, ann)).toBeNull();
  });

  it('takes the address out of everything, however it is written, and keeps the others', () => {
    const copies = {
      cc: ['Ann@Example.com', 'bob@example.com'],
      bcc: ['ann@example.com'],
      replyTo: 'ANN@example.com',
      from: 'shop@example.com',
    };
    expect(copiesWithout(copies, ann)).toEqual({ cc: ['bob@example.com'], from: 'shop@example.com' });
  });
});

import { describe, expect, it } from '@jest/globals';
import { type AlertGroup, type Digest, mailOf } from './digest.rules.js';

const group = (change: Partial<AlertGroup> = {}): AlertGroup => ({
  ...{ type: 'delivery.failed', label: 'email', reason: 'hard_bounce', count: 1, subjectIds: ['d1'] },
  ...{ firstAt: new Date('2026-11-24T09:30:12Z'), lastAt: new Date('2026-11-24T10:00:00Z') },
  ...change,
});
const digest = (groups: AlertGroup[], change: Partial<Digest> = {}): Digest => ({
  ...{
    clientName: 'Shop',
    total: groups.reduce((sum, { count }) => sum + count, 0),
    groupCount: groups.length,
    groups,
  },
  ...change,
});

describe('a mail of alerts', () => {
  it('says what, how many, which and why; what matters most first', () => {
    const { subject, text } = mailOf(
      digest([
        group({ count: 12, subjectIds: ['d1', 'd2'] }),
        group({ type: 'provider.degraded', label: 'Mail', reason: '421 closing', subjectIds: ['p1'] }),
      ]),
    );

    expect(subject).toBe('Shop: 13 alerts');
    expect(text.split('\n')).toEqual([
      '1 provider is at fault (Mail: 421 closing), at 2026-11-24 09:30 UTC [provider.degraded]',
      '  p1',
      '',
      '12 deliveries failed (email: hard_bounce), from 2026-11-24 09:30 UTC to 2026-11-24 10:00 UTC [delivery.failed]',
      '  d1, d2 and 10 more',
      '',
      expect.stringContaining('alertEmail'),
      '',
    ]);
  });

  it('says one of one, and names nothing where there is nothing', () => {
    const { subject, text } = mailOf(digest([group({ label: null, reason: null, subjectIds: [] })]));

    expect(subject).toBe('Shop: 1 alert');
    expect(text).toMatch(/^1 delivery failed, at 2026-11-24 09:30 UTC \[delivery\.failed\]\n\n/);
  });

  it('says how many kinds it leaves out', () => {
    expect(mailOf(digest([group()], { groupCount: 140, total: 900 })).text).toContain('And 139 more kinds of them.');
  });

  it('keeps to its lines, whatever a provider or a client is called', () => {
    const { subject, text } = mailOf(
      digest([group({ label: 'a\r\nBcc: b@example.com' })], { clientName: `Shop\r\nBcc: x\n${'y'.repeat(200)}` }),
    );

    expect(subject).not.toMatch(/[\r\n]/);
    expect(subject.length).toBeLessThan(100);
    expect(text).toContain('(a Bcc: b@example.com: hard_bounce)');
  });
});

import { describe, expect, it } from '@jest/globals';
import type { DeliveryStatus } from './delivery-status.js';
import { hasReached, inOrder, moveOf, type Routing, rungsOf, type StepDelivery } from './ladder.rules.js';
import type { Target } from './recipients.rules.js';

describe('the order of channels', () => {
  it.each<[string[], string[] | undefined, string[]]>([
    [['email', 'sms', 'websocket', 'push'], undefined, ['websocket', 'push', 'email', 'sms']],
    [['email', 'websocket'], ['email'], ['email', 'websocket']],
    [
      ['email', 'fax', 'push'],
      ['fax', 'email', 'fax'],
      ['fax', 'email', 'push'],
    ],
    [['fax', 'email'], undefined, ['email', 'fax']],
  ])('%j as %j is %j', (wanted, order, expected) => {
    expect(inOrder(wanted, order)).toEqual(expected);
  });
});

describe('the place on a ladder', () => {
  const target = (n: number, channel: string, unreachable: Target['unreachable'] = null): Target => ({
    ...{ n, channel, unreachable, recipient: '', recipientName: null },
    ...{ addressKind: null, deviceId: null, userId: null, roomId: null },
  });
  const first: Routing = { mode: 'first', until: 'sent', stepTimeoutSeconds: 60 };

  it('is one for each recipient, without what cannot be taken; devices of one channel share theirs', () => {
    const targets = [
      target(0, 'email'),
      target(0, 'push'),
      target(0, 'push'),
      target(1, 'email'),
      target(1, 'push', 'no_address'),
    ];

    expect(rungsOf(targets, first)).toEqual([
      { ladder: 0, step: 1 },
      { ladder: 0, step: 0 },
      { ladder: 0, step: 0 },
      { ladder: 1, step: 0 },
      null,
    ]);
    expect(rungsOf(targets, { ...first, mode: 'all' })).toEqual(targets.map(() => null));
  });
});

const delivery = (id: string, step: number, status: DeliveryStatus, more: Partial<StepDelivery> = {}) => ({
  ...{ id, step, status, isSeen: false, confirms: true },
  ...more,
});

describe('what counts as reached', () => {
  it.each<[Routing['until'], DeliveryStatus, Partial<StepDelivery>, boolean]>([
    ['sent', 'sent', {}, true],
    ['sent', 'queued', {}, false],
    ['sent', 'failed', {}, false],
    ['delivered', 'sent', {}, false],
    ['delivered', 'sent', { confirms: false }, true],
    ['delivered', 'delivered', {}, true],
    ['delivered', 'bounced', { confirms: false }, false],
    ['seen', 'delivered', {}, false],
    ['seen', 'sent', { confirms: false }, false],
    ['seen', 'sent', { isSeen: true }, true],
  ])('until %s: %s %j: %s', (until, status, more, reached) => {
    expect(hasReached(delivery('a', 0, status, more), until)).toBe(reached);
  });
});

describe('what follows on a ladder', () => {
  const routing: Routing = { mode: 'first', until: 'delivered', stepTimeoutSeconds: 60 };

  it.each<[string, StepDelivery[], object]>([
    ['nothing while a step is under way', [delivery('a', 0, 'sent'), delivery('b', 1, 'pending')], {}],
    ['nothing before the first', [delivery('a', 0, 'pending'), delivery('b', 1, 'pending')], {}],
    [
      'the others are not needed once one has reached them',
      [delivery('a', 0, 'retrying'), delivery('b', 1, 'delivered'), delivery('c', 2, 'pending')],
      { drop: ['a', 'c'] },
    ],
    [
      'the other devices of the same step ring, too',
      [delivery('a', 0, 'delivered'), delivery('b', 0, 'queued'), delivery('c', 1, 'pending')],
      { drop: ['c'] },
    ],
    [
      'the next is due when a step came to nothing, and the one after in its turn',
      [delivery('a', 0, 'failed'), delivery('b', 1, 'pending'), delivery('c', 2, 'pending')],
      {
        hasten: [
          { id: 'b', afterSeconds: 0 },
          { id: 'c', afterSeconds: 60 },
        ],
      },
    ],
    [
      'not while another device of it may still be reached',
      [delivery('a', 0, 'failed'), delivery('b', 0, 'retrying'), delivery('c', 1, 'pending')],
      {},
    ],
    ['nothing when all is over', [delivery('a', 0, 'failed'), delivery('b', 1, 'bounced')], {}],
  ])('%s', (_what, deliveries, expected) => {
    expect(moveOf(deliveries, routing)).toEqual({ drop: [], hasten: [], ...expected });
  });
});

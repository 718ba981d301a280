import { expect, it } from '@jest/globals';
import { type AlertType, gistOf, isAlertType } from './alert.rules.js';

const SECRETS = {
  recipient: 'ann@example.com',
  userId: 'ann',
  metadata: { a: 'secret' },
  tags: ['vip'],
  url: 'https://x/?k=1',
};

it.each<[AlertType, object, (string | null)[]]>([
  [
    'delivery.failed',
    { id: 'd', notificationId: 'n', channel: 'email', status: 'failed', reason: 'provider_rejected' },
    ['d', 'email', 'provider_rejected', 'n'],
  ],
  [
    'delivery.failed',
    { id: 'd', notificationId: 'n', channel: 'sms', status: 'expired', reason: null },
    ['d', 'sms', 'expired', 'n'],
  ],
  ['notification.failed', { id: 'n', status: 'partially_failed' }, ['n', null, 'partially_failed', 'n']],
  ['endpoint.disabled', { id: 'e', reason: 'gone', description: 'Shop' }, ['e', null, 'gone', null]],
  ['provider.degraded', { providerId: 'p', name: 'Mail', reason: '421 closing' }, ['p', 'Mail', '421 closing', null]],
  ['provider.recovered', { providerId: 'p', name: 'Mail', reason: null }, ['p', 'Mail', null, null]],
  [
    'quota.warning',
    { scope: 'provider', providerId: 'p', name: 'Mail', used: 80, limit: 100, window: 'hour' },
    ['p', 'Mail', '80 of 100 in this hour', null],
  ],
  [
    'quota.exceeded',
    { scope: 'client', providerId: null, name: 'notificationsPerDay', used: 9, limit: 9, window: 'day' },
    [null, 'notificationsPerDay', '9 of 9 in this day', null],
  ],
])('of %s what it is about and why is kept, and no more', (type, data, [subjectId, label, reason, notificationId]) => {
  expect(gistOf(type, { ...SECRETS, ...data })).toEqual({ subjectId, label, reason, notificationId });
});

it('nothing else is an alert', () => {
  expect(['message.created', 'delivery.sent', 'endpoint.test', 'notification.completed'].map(isAlertType)).toEqual([
    ...[false, false, false, false],
  ]);
});

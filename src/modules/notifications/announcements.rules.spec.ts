import { describe, expect, it } from '@jest/globals';
import { newsOfDelivery, newsOfNotification } from './announcements.rules.js';
import { DELIVERY_STATUSES, type DeliveryStatus } from './delivery-status.js';
import { NOTIFICATION_STATUSES } from './notification.entity.js';

describe('what a delivery is told as', () => {
  it.each<[DeliveryStatus, DeliveryStatus | null, string | null]>([
    ['sent', 'sending', 'delivery.sent'],
    ['sent', 'sent', null],
    ['delivered', 'sent', 'delivery.delivered'],
    ['delivered', 'queued', 'delivery.delivered'],
    ['bounced', 'sent', 'delivery.bounced'],
    ['bounced', 'bounced', null],
    ['failed', 'retrying', 'delivery.failed'],
    ['failed', 'expired', 'delivery.failed'],
    ['expired', 'queued', 'delivery.failed'],
    ['suppressed', null, 'delivery.suppressed'],
  ])('%s after %s is %s', (status, before, news) => expect(newsOfDelivery(status, before)).toBe(news));

  it('nothing while it is under way, was not wanted, or was a test', () => {
    const untold = DELIVERY_STATUSES.filter((status) => newsOfDelivery(status, null) === null);
    expect(untold).toEqual([
      ...['pending', 'queued', 'sending', 'retrying', 'skipped', 'cancelled', 'simulated', 'unknown'],
    ]);
  });
});

it('what a notification is told as that ends', () => {
  expect(NOTIFICATION_STATUSES.map((status) => [status, newsOfNotification(status)])).toEqual([
    ['scheduled', null],
    ['accepted', null],
    ['processing', null],
    ['completed', 'notification.completed'],
    ['partially_failed', 'notification.failed'],
    ['failed', 'notification.failed'],
    ['cancelled', 'notification.cancelled'],
    ['expired', 'notification.failed'],
  ]);
});

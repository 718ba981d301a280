import { describe, expect, it } from '@jest/globals';
import type { ReceiptKind } from '../../extension/receipt.js';
import { DELIVERY_STATUSES, type DeliveryStatus, RANK } from './delivery-status.js';
import { changeBy, type Engagement, ENGAGEMENTS } from './news.rules.js';

const KINDS = ['sent', 'delivered', 'bounced', 'failed', ...ENGAGEMENTS] as const satisfies readonly ReceiptKind[];
const standing = (status: DeliveryStatus, ...engaged: Engagement[]) => ({ status, engaged: new Set(engaged) });

describe('what news of a delivery changes', () => {
  it.each([
    ['sent', 'sending', { status: 'sent', reason: null, engagement: null }],
    ['sent', 'unknown', { status: 'sent', reason: null, engagement: null }],
    ['delivered', 'sent', { status: 'delivered', reason: null, engagement: null }],
    ['delivered', 'retrying', { status: 'delivered', reason: null, engagement: null }],
    ['bounced', 'sent', { status: 'bounced', reason: 'hard_bounce', engagement: null }],
    ['failed', 'sent', { status: 'failed', reason: 'provider_rejected', engagement: null }],
    ['opened', 'sent', { status: 'delivered', reason: null, engagement: 'opened' }],
    ['opened', 'delivered', { status: null, reason: null, engagement: 'opened' }],
    ['unsubscribed', 'bounced', { status: null, reason: null, engagement: 'unsubscribed' }],
  ] as const)('%s while it is %s', (kind, status, change) => {
    expect(changeBy(kind, standing(status))).toEqual(change);
  });

  it.each([
    ['sent', 'delivered'],
    ['delivered', 'delivered'],
    ['delivered', 'bounced'],
    ['failed', 'delivered'],
    ['bounced', 'delivered'],
    ['failed', 'cancelled'],
    ['delivered', 'expired'],
  ] as const)('nothing by %s once it is %s', (kind, status) => {
    expect(changeBy(kind, standing(status))).toBeNull();
  });

  it.each(ENGAGEMENTS)('nothing by another %s', (kind) => {
    expect(changeBy(kind, standing('delivered', kind))).toBeNull();
  });

  it('a status only ever moves up', () => {
    for (const kind of KINDS)
      for (const status of DELIVERY_STATUSES) {
        const moved = changeBy(kind, standing(status))?.status ?? null;
        if (moved !== null) expect(RANK[moved]).toBeGreaterThan(RANK[status]);
      }
  });
});

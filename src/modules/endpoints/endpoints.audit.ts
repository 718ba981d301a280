import { type Audit, statement } from '../../platform/database/index.js';
import { DELIVERY_STATUSES } from './delivery.rules.js';
import { WEBHOOKS } from './endpoints.jobs.js';

const ENDED = DELIVERY_STATUSES.filter((status) => status !== 'pending')
  .map((status) => `'${status}'`)
  .join(', ');

/** Every endpoint has been told, or has not with a reason, or there is work that will tell it. */
export const ENDPOINTS_AUDIT: Audit = {
  balances: [
    statement(
      'audit.webhook_deliveries',
      `SELECT 'webhook deliveries' AS what, count(*)::float8 AS accepted, count(*) FILTER (WHERE status IN (${ENDED}))::float8 AS terminal,
              count(*) FILTER (WHERE status = 'pending')::float8 AS pending FROM webhook_deliveries`,
    ),
  ],
  rules: [
    {
      broken: 'webhook deliveries wait, and no work would ever make them',
      find: statement(
        'audit.webhook_stranded',
        `SELECT d.id FROM webhook_deliveries d
           JOIN webhook_endpoints e ON e.client_id = d.client_id AND e.id = d.endpoint_id AND e.deleted_at IS NULL
          WHERE d.status = 'pending' AND NOT EXISTS (
            SELECT 1 FROM work_items w WHERE w.id = d.id AND w.kind = '${WEBHOOKS}' AND w.state IN ('ready', 'leased', 'held'))`,
      ),
    },
    {
      broken: 'webhook deliveries have failed without a reason',
      find: statement(
        'audit.webhook_unreasoned',
        `SELECT id FROM webhook_deliveries WHERE status IN ('failed', 'skipped') AND reason IS NULL`,
      ),
    },
  ],
};

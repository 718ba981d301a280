import { type Audit, statement } from '../../platform/database/index.js';
import { DELIVERY_STATUSES, isFailure, isOpen } from './delivery-status.js';
import { DELIVERIES } from './notifications.jobs.js';

const listed = (statuses: readonly string[]): string => statuses.map((status) => `'${status}'`).join(', ');
const ENDED = `status IN (${listed(DELIVERY_STATUSES.filter((status) => !isOpen(status)))})`;
const OPEN = `status IN (${listed(DELIVERY_STATUSES.filter(isOpen))})`;
const FAILED = `status IN (${listed(DELIVERY_STATUSES.filter(isFailure))})`;
/** Whoever was erased has no inbox. */
const ERASED = `'^erased-[0-9a-f]{32}$'`;
const PENDING_WORK = `w.state IN ('ready', 'leased', 'held')`;

/** Every delivery of every notification has ended, or there is work that will bring it to its end. */
export const NOTIFICATIONS_AUDIT: Audit = {
  balances: [
    statement(
      'audit.deliveries',
      `SELECT 'deliveries' AS what, count(*)::float8 AS accepted, count(*) FILTER (WHERE ${ENDED})::float8 AS terminal,
              count(*) FILTER (WHERE ${OPEN})::float8 AS pending FROM deliveries`,
    ),
    statement(
      'audit.notifications',
      `SELECT 'counts of notifications' AS what, coalesce(sum(total_count), 0)::float8 AS accepted,
              (SELECT count(*) FROM deliveries WHERE ${ENDED})::float8 AS terminal, coalesce(sum(open_count), 0)::float8 AS pending FROM notifications`,
    ),
  ],
  rules: [
    {
      broken: 'clients have inboxes that count their items wrongly',
      find: statement(
        'audit.inboxes',
        `SELECT DISTINCT coalesce(c.client_id, i.client_id) AS id FROM inbox_counts c FULL JOIN (
           SELECT client_id, user_id, count(*) AS total, count(*) FILTER (WHERE read_at IS NULL) AS unread FROM deliveries
            WHERE channel = 'websocket' AND user_id IS NOT NULL AND sent_at IS NOT NULL AND user_id !~ ${ERASED}
            GROUP BY client_id, user_id) AS i ON i.client_id = c.client_id AND i.user_id = c.user_id
          WHERE (coalesce(c.unread, 0), coalesce(c.total, 0)) <> (coalesce(i.unread, 0), coalesce(i.total, 0))`,
      ),
    },
    {
      broken: 'deliveries wait, and no work would ever bring them to an end',
      find: statement(
        'audit.stranded',
        `SELECT d.id FROM deliveries d
          WHERE d.${OPEN} AND NOT EXISTS (SELECT 1 FROM work_items w WHERE w.id = d.id AND w.kind = '${DELIVERIES}' AND ${PENDING_WORK})`,
      ),
    },
    {
      broken: 'deliveries have ended, and there is work that would send them again',
      find: statement(
        'audit.restless',
        `SELECT d.id FROM work_items w JOIN deliveries d ON d.client_id = w.client_id AND d.id = w.id
          WHERE w.kind = '${DELIVERIES}' AND w.state IN ('ready', 'held') AND NOT d.${OPEN}`,
      ),
    },
    {
      broken: 'deliveries have failed without a reason',
      find: statement(
        'audit.unreasoned',
        `SELECT id FROM deliveries WHERE (${FAILED} OR status = 'skipped') AND reason IS NULL`,
      ),
    },
    {
      broken: 'notifications count their deliveries wrongly',
      find: statement(
        'audit.miscounted',
        `SELECT n.id FROM notifications n LEFT JOIN LATERAL (
           SELECT count(*) AS total, count(*) FILTER (WHERE ${OPEN}) AS open, count(*) FILTER (WHERE ${FAILED}) AS failed,
                  count(*) FILTER (WHERE status = 'skipped') AS skipped, count(*) FILTER (WHERE status = 'expired') AS expired,
                  count(*) FILTER (WHERE status = 'cancelled') AS cancelled
             FROM deliveries d WHERE d.client_id = n.client_id AND d.notification_id = n.id) AS c ON true
          WHERE (n.total_count, n.open_count, n.failed_count, n.skipped_count, n.expired_count, n.cancelled_count) IS DISTINCT FROM (c.total, c.open, c.failed, c.skipped, c.expired, c.cancelled)
             OR (n.open_count = 0) <> (n.completed_at IS NOT NULL)
             OR (n.open_count = 0) = (n.status IN ('scheduled', 'accepted', 'processing'))`,
      ),
    },
  ],
};

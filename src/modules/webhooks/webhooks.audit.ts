import { type Audit, statement } from '../../platform/database/index.js';
import { INBOUND } from './webhooks.jobs.js';

const OPEN = `e.status IN ('accepted', 'processing')`;

/** Every event that was taken on has had its actions done, or has failed with a reason, or there is work that goes on with it. */
export const WEBHOOKS_AUDIT: Audit = {
  balances: [
    statement(
      'audit.inbound_events',
      `SELECT 'inbound events' AS what, count(*)::float8 AS accepted, count(*) FILTER (WHERE e.status IN ('completed', 'failed', 'ignored'))::float8 AS terminal,
              count(*) FILTER (WHERE ${OPEN})::float8 AS pending FROM inbound_events e`,
    ),
  ],
  rules: [
    {
      broken: 'inbound events wait, and no work would ever go on with them',
      find: statement(
        'audit.inbound_stranded',
        `SELECT e.id FROM inbound_events e WHERE ${OPEN} AND NOT EXISTS (
           SELECT 1 FROM work_items w WHERE w.id = e.id AND w.kind = '${INBOUND}' AND w.state IN ('ready', 'leased', 'held'))`,
      ),
    },
    {
      broken: 'inbound events are completed with actions that are not',
      find: statement(
        'audit.inbound_undone',
        `SELECT e.id FROM inbound_events e WHERE e.status = 'completed' AND EXISTS (
           SELECT 1 FROM inbound_actions a WHERE a.client_id = e.client_id AND a.event_id = e.id AND a.run = e.run AND a.status IN ('pending', 'failed'))`,
      ),
    },
    {
      broken: 'inbound events have failed without a reason',
      find: statement(
        'audit.inbound_unreasoned',
        `SELECT id FROM inbound_events WHERE status IN ('failed', 'ignored') AND reason IS NULL`,
      ),
    },
  ],
};

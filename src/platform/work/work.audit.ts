import { type Audit, statement } from '../database/index.js';

const ROWS = `SELECT kind, count(*) AS all, count(*) FILTER (WHERE state = 'done') AS done, count(*) FILTER (WHERE state = 'dead') AS dead,
       count(*) FILTER (WHERE state = 'held') AS held FROM work_items GROUP BY kind`;
const TOTALS = `SELECT kind, sum(accepted) AS accepted, sum(done) AS done, sum(dead) AS dead, sum(held) AS held, sum(removed_done) AS removed_done,
       sum(removed_dead) AS removed_dead FROM work_totals GROUP BY kind`;

/** Every piece of work that was ever accepted waits, is in hand, or has ended; the totals and the rows say the same. */
export const WORK_AUDIT: Audit = {
  balances: [
    statement(
      'audit.work',
      `SELECT 'work: ' || coalesce(r.kind, t.kind) AS what, coalesce(t.accepted, 0)::float8 AS accepted,
              (coalesce(r.done + r.dead, 0) + coalesce(t.removed_done + t.removed_dead, 0))::float8 AS terminal,
              coalesce(r.all - r.done - r.dead, 0)::float8 AS pending
         FROM (${ROWS}) AS r FULL JOIN (${TOTALS}) AS t ON t.kind = r.kind ORDER BY 1`,
    ),
  ],
  rules: [
    {
      broken: 'kinds of work have totals that are not what their rows say',
      find: statement(
        'audit.work_totals',
        `SELECT coalesce(r.kind, t.kind) AS id FROM (${ROWS}) AS r FULL JOIN (${TOTALS}) AS t ON t.kind = r.kind
          WHERE coalesce(r.done, 0) <> t.done - t.removed_done OR coalesce(r.dead, 0) <> t.dead - t.removed_dead OR coalesce(r.held, 0) <> t.held
             OR r.kind IS NOT NULL AND t.kind IS NULL`,
      ),
    },
    {
      broken: 'pieces of work are in a state that nobody would find',
      find: statement(
        'audit.work_states',
        `SELECT id FROM work_items
          WHERE state NOT IN ('ready', 'leased', 'held', 'done', 'dead') OR (state = 'leased') <> (lease_token IS NOT NULL AND lease_until IS NOT NULL)
             OR (state IN ('done', 'dead')) <> (finished_at IS NOT NULL) OR state IN ('dead', 'held') AND reason IS NULL`,
      ),
    },
  ],
};

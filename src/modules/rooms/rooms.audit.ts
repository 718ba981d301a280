import { type Audit, statement } from '../../platform/database/index.js';

/** Whose rows are going, batch by batch. */
const GOING = `(SELECT id FROM clients WHERE deleted_at IS NOT NULL)`;

/**
 * What a room says of itself is what its rows come to. Its offsets are those of its messages and its events together, from 1 to
 * its head without a gap: both are read in the order of their indexes, so that it is one pass however many there are.
 */
export const ROOMS_AUDIT: Audit = {
  balances: [],
  rules: [
    {
      broken: 'rooms have a gap in their offsets, or another head',
      find: statement(
        'audit.room_offsets',
        `WITH numbered AS (
           SELECT o.client_id, o.room_id, o."offset", row_number() OVER (PARTITION BY o.client_id, o.room_id ORDER BY o."offset") AS n
             FROM (SELECT client_id, room_id, "offset" FROM messages UNION ALL SELECT client_id, room_id, "offset" FROM room_events) AS o),
         counted AS (
           SELECT client_id, room_id, count(*) AS count, bool_and("offset" = n) AS gapless FROM numbered GROUP BY client_id, room_id)
         SELECT coalesce(r.id, c.room_id) AS id FROM rooms r
           FULL JOIN counted c ON c.client_id = r.client_id AND c.room_id = r.id
          WHERE (r.id IS NULL OR coalesce(c.count, 0) <> r.head OR NOT coalesce(c.gapless, true)) AND coalesce(r.client_id, c.client_id) NOT IN ${GOING}`,
      ),
    },
    {
      broken: 'rooms count their members wrongly',
      find: statement(
        'audit.room_members',
        `SELECT coalesce(r.id, m.room_id) AS id FROM rooms r
           FULL JOIN (SELECT client_id, room_id, count(*) AS count, count(*) FILTER (WHERE role = 'owner') AS owners
                        FROM room_members GROUP BY client_id, room_id) AS m ON m.client_id = r.client_id AND m.room_id = r.id
          WHERE (r.id IS NULL OR coalesce(m.count, 0) <> r.member_count OR m.owners > 1) AND coalesce(r.client_id, m.client_id) NOT IN ${GOING}`,
      ),
    },
    {
      broken: 'members have read, or been brought, what is not there',
      find: statement(
        'audit.room_pointers',
        `SELECT m.room_id || ' ' || m.user_id AS id FROM room_members m JOIN rooms r ON r.client_id = m.client_id AND r.id = m.room_id
          WHERE m.last_read_seq NOT BETWEEN 0 AND r.last_seq OR m.last_delivered_seq NOT BETWEEN 0 AND r.last_seq`,
      ),
    },
    {
      broken: 'members are nobody who is known',
      find: statement(
        'audit.room_strangers',
        `SELECT m.room_id || ' ' || m.user_id AS id FROM room_members m LEFT JOIN users u ON u.client_id = m.client_id AND u.id = m.user_id
          WHERE u.id IS NULL`,
      ),
    },
    {
      broken: 'direct rooms are of a pair that has another',
      find: statement(
        'audit.room_pairs',
        `WITH pairs AS (
           SELECT r.client_id, r.id, array_agg(m.user_id ORDER BY m.user_id) AS pair FROM rooms r
             JOIN room_members m ON m.client_id = r.client_id AND m.room_id = r.id
            WHERE r.type = 'direct' GROUP BY r.client_id, r.id HAVING count(*) = 2)
         SELECT id FROM (SELECT p.id, count(*) OVER (PARTITION BY p.client_id, p.pair) AS rooms FROM pairs p) AS counted WHERE rooms > 1`,
      ),
    },
    {
      broken: 'rooms are of no client',
      find: statement(
        'audit.room_clients',
        `SELECT r.id FROM rooms r LEFT JOIN clients c ON c.id = r.client_id WHERE c.id IS NULL`,
      ),
    },
  ],
};

import { type Audit, statement } from '../../platform/database/index.js';

/** Whose rows are going, batch by batch. */
const GOING = `(SELECT id FROM clients WHERE deleted_at IS NOT NULL)`;

/** Messages number themselves without a gap, and what hangs on one hangs on one that is there. Each rule is one pass. */
export const MESSAGES_AUDIT: Audit = {
  balances: [],
  rules: [
    {
      broken: 'rooms have a gap in their messages, or another last one',
      find: statement(
        'audit.message_seqs',
        `WITH numbered AS (
           SELECT client_id, room_id, seq, row_number() OVER (PARTITION BY client_id, room_id ORDER BY seq) AS n FROM messages),
         counted AS (SELECT client_id, room_id, count(*) AS count, bool_and(seq = n) AS gapless FROM numbered GROUP BY client_id, room_id)
         SELECT r.id FROM rooms r LEFT JOIN counted c ON c.client_id = r.client_id AND c.room_id = r.id
          WHERE (coalesce(c.count, 0) <> r.last_seq OR NOT coalesce(c.gapless, true)) AND r.client_id NOT IN ${GOING}`,
      ),
    },
    {
      broken: 'rooms say another time of their last message',
      find: statement(
        'audit.message_last',
        `SELECT r.id FROM rooms r LEFT JOIN messages m ON m.client_id = r.client_id AND m.room_id = r.id AND m.seq = r.last_seq
          WHERE r.last_message_at IS DISTINCT FROM m.created_at AND r.client_id NOT IN ${GOING}`,
      ),
    },
    {
      broken: 'deleted messages still say something',
      find: statement(
        'audit.message_tombstones',
        `SELECT m.id FROM messages m WHERE m.deleted_at IS NOT NULL
            AND (m.content IS NOT NULL OR m.attachments IS NOT NULL OR m.metadata IS NOT NULL OR m.search IS NOT NULL OR m.pinned_at IS NOT NULL OR m.reacted)`,
      ),
    },
    {
      broken: 'messages say wrongly whether anybody has reacted',
      find: statement(
        'audit.message_reactions',
        `SELECT coalesce(m.id, r.message_id) AS id FROM (SELECT client_id, id FROM messages WHERE reacted) AS m
           FULL JOIN (SELECT DISTINCT client_id, message_id FROM message_reactions) AS r ON r.client_id = m.client_id AND r.message_id = m.id
          WHERE (m.id IS NULL OR r.message_id IS NULL) AND coalesce(m.client_id, r.client_id) NOT IN ${GOING}`,
      ),
    },
    {
      broken: 'messages have been edited and have no earlier version, or the other way round',
      find: statement(
        'audit.message_versions',
        `SELECT coalesce(m.id, v.message_id) AS id FROM (SELECT client_id, id FROM messages WHERE edited_at IS NOT NULL AND deleted_at IS NULL) AS m
           FULL JOIN (SELECT DISTINCT client_id, message_id FROM message_versions) AS v ON v.client_id = m.client_id AND v.message_id = m.id
          WHERE (m.id IS NULL OR v.message_id IS NULL) AND coalesce(m.client_id, v.client_id) NOT IN ${GOING}`,
      ),
    },
    {
      broken: 'messages answer to one that is not in their room',
      find: statement(
        'audit.message_replies',
        `SELECT m.id FROM messages m LEFT JOIN messages o ON o.client_id = m.client_id AND o.id = m.reply_to AND o.room_id = m.room_id
          WHERE m.reply_to IS NOT NULL AND o.id IS NULL AND m.client_id NOT IN ${GOING}`,
      ),
    },
    {
      broken: 'events of rooms tell of a message that is not there',
      find: statement(
        'audit.message_events',
        `SELECT e.room_id || ' ' || e."offset" AS id FROM room_events e
           LEFT JOIN messages m ON m.client_id = e.client_id AND m.id = e.message_id AND m.room_id = e.room_id
          WHERE e.message_id IS NOT NULL AND m.id IS NULL AND e.client_id NOT IN ${GOING}`,
      ),
    },
  ],
};

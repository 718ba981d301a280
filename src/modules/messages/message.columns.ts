/** A {@link StoredMessage} of `messages m`. Reactions are read only where there are some. */
export const MESSAGE_COLUMNS = `m.client_id AS "clientId", m.id, m.room_id AS "roomId", m.seq, m."offset", m.sender_id AS "senderId", m.type, m.content,
  m.content_type AS "contentType", m.attachments, m.reply_to AS "replyTo", m.mentions, m.metadata, m.client_message_id AS "clientMessageId",
  m.pinned_at AS "pinnedAt", m.created_at AS "createdAt", m.edited_at AS "editedAt", m.deleted_at AS "deletedAt",
  CASE WHEN m.reacted THEN (
    SELECT json_agg(json_build_object('emoji', e.emoji, 'count', e.count, 'userIds', e."userIds") ORDER BY e.first, e.emoji)
      FROM (SELECT r.emoji, count(*) AS count, min(r.created_at) AS first, array_agg(r.user_id ORDER BY r.created_at, r.user_id) AS "userIds"
              FROM message_reactions r WHERE r.client_id = m.client_id AND r.message_id = m.id GROUP BY r.emoji) e) END AS reactions`;

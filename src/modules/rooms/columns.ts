/** A room as every statement gives it, of the table `r`. */
export const ROOM_COLUMNS = `r.client_id AS "clientId", r.id, r.type, r.name, r.description, r.status, r.deactivated_reason AS "deactivatedReason",
  r.deactivated_at AS "deactivatedAt", r.last_message_at AS "lastMessageAt", r.last_activity_at AS "lastActivityAt", r.last_seq AS "lastSeq",
  r.head, r.member_count AS "memberCount", r.max_members AS "maxMembers", r.settings, r.metadata, r.created_by AS "createdBy",
  r.direct_key AS "directKey", r.created_at AS "createdAt", r.updated_at AS "updatedAt"`;

/** A member as every statement gives one, of the table `m`. */
export const MEMBER_COLUMNS = `m.client_id AS "clientId", m.room_id AS "roomId", m.user_id AS "userId", m.role, m.last_read_seq AS "lastReadSeq",
  m.last_delivered_seq AS "lastDeliveredSeq", m.muted_at AS "mutedAt", m.joined_at AS "joinedAt"`;

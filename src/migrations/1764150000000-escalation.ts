import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Messages that members who are away leave unread go out as notifications: when each room is to be looked at, and who was
 * told of what. A row of `escalations` is one step for one member: from their first unread message to the last there was.
 * Whom no wanted channel reaches has one of the channel `none`, without a notification.
 */
const UP = `
ALTER TABLE rooms ADD COLUMN escalate_at timestamptz(3);
CREATE INDEX rooms_escalate_idx ON rooms (escalate_at) WHERE escalate_at IS NOT NULL;

CREATE TABLE escalations (
  client_id uuid NOT NULL,
  room_id uuid NOT NULL,
  user_id varchar(128) NOT NULL,
  from_seq bigint NOT NULL,
  to_seq bigint NOT NULL,
  channel varchar(16) NOT NULL,
  notification_id uuid,
  at timestamptz(3) NOT NULL,
  PRIMARY KEY (client_id, room_id, user_id, from_seq, channel),
  FOREIGN KEY (client_id, room_id, user_id) REFERENCES room_members (client_id, room_id, user_id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX escalations_notification_key ON escalations (client_id, notification_id) WHERE notification_id IS NOT NULL;
CREATE INDEX escalations_room_idx ON escalations (client_id, room_id, to_seq);
CREATE INDEX escalations_user_idx ON escalations (client_id, user_id, room_id, from_seq, channel);
ALTER TABLE escalations ENABLE ROW LEVEL SECURITY;
CREATE POLICY escalations_own_client ON escalations FOR SELECT TO chatapi_request USING (client_id = current_setting('app.client_id')::uuid);
GRANT SELECT ON escalations TO chatapi_request;

ALTER TABLE notifications ADD COLUMN origin varchar(16);
`;

const DOWN = `
ALTER TABLE notifications DROP COLUMN origin;
DROP TABLE escalations;
ALTER TABLE rooms DROP COLUMN escalate_at;
`;

export class Escalation1764150000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

import { Injectable } from '@nestjs/common';
import { type ClientId, Database, statement, type Tx, type UserId } from '../../platform/database/index.js';
import type { Preferences } from './preferences.js';

const FIND = statement(
  'user_preferences.find',
  `SELECT channels, quiet_hours AS "quietHours" FROM user_preferences WHERE client_id = $1 AND user_id = $2`,
);
const OF_USERS = statement(
  'user_preferences.of_users',
  `SELECT user_id AS "userId", channels, quiet_hours AS "quietHours" FROM user_preferences WHERE client_id = $1 AND user_id = ANY ($2::varchar[])`,
);
const PUT = statement(
  'user_preferences.put',
  `INSERT INTO user_preferences (client_id, user_id, channels, quiet_hours) VALUES ($1, $2, $3, $4)
   ON CONFLICT (client_id, user_id) DO UPDATE SET channels = EXCLUDED.channels, quiet_hours = EXCLUDED.quiet_hours, updated_at = now()`,
);

@Injectable()
export class PreferencesRepository {
  constructor(private readonly database: Database) {}

  async find(clientId: ClientId, userId: UserId): Promise<Preferences | null> {
    return this.database.asClient(
      clientId,
      async (view) => (await view.query<Preferences>(FIND, [clientId, userId]))[0] ?? null,
    );
  }

  /** Of those of the users who said any. */
  async ofUsers(clientId: ClientId, userIds: readonly UserId[]): Promise<Map<UserId, Preferences>> {
    const rows = await this.database.query<Preferences & { userId: UserId }>(OF_USERS, [clientId, userIds]);
    return new Map(rows.map(({ userId, ...preferences }) => [userId, preferences]));
  }

  async put(tx: Tx, clientId: ClientId, userId: UserId, { channels, quietHours }: Preferences): Promise<void> {
    await tx.query(PUT, [clientId, userId, channels, quietHours]);
  }
}

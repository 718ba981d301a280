import { Injectable } from '@nestjs/common';
import { type ClientId, Database, statement, type Tx, type UserId } from '../../platform/database/index.js';
import type { Preferences } from './preferences.js';

const FIND = statement(
  'user_preferences.find',
  `SELECT channels, quiet_hours AS "quietHours" FROM user_preferences WHERE client_id = $1 AND user_id = $2`,
);
const OF_USERS = statement(
  'user_preferences.of_users',
  `SELECT p.client_id AS "clientId", p.user_id AS "userId", p.channels, p.quiet_hours AS "quietHours"
     FROM unnest($1::uuid[], $2::varchar[]) AS asked (client_id, user_id)
     JOIN user_preferences p ON p.client_id = asked.client_id AND p.user_id = asked.user_id`,
);
const PUT = statement(
  'user_preferences.put',
  `INSERT INTO user_preferences (client_id, user_id, channels, quiet_hours) VALUES ($1, $2, $3, $4)
   ON CONFLICT (client_id, user_id) DO UPDATE SET channels = EXCLUDED.channels, quiet_hours = EXCLUDED.quiet_hours, updated_at = now()`,
);

type OfUser = Preferences & { readonly clientId: ClientId; readonly userId: UserId };

@Injectable()
export class PreferencesRepository {
  constructor(private readonly database: Database) {}

  async find(clientId: ClientId, userId: UserId): Promise<Preferences | null> {
    return this.database.asClient(
      clientId,
      async (view) => (await view.query<Preferences>(FIND, [clientId, userId]))[0] ?? null,
    );
  }

  /** Of users of several clients, in one go. @returns what each of them said, if anything */
  async ofUsers(
    users: readonly { readonly clientId: ClientId; readonly userId: UserId }[],
  ): Promise<(clientId: ClientId, userId: UserId) => Preferences | undefined> {
    const nameOf = (clientId: ClientId, userId: UserId): string => `${clientId} ${userId}`;
    const asked = [...new Map(users.map((user) => [nameOf(user.clientId, user.userId), user])).values()];
    const said = new Map<string, Preferences>();
    if (asked.length > 0) {
      const names = [asked.map(({ clientId }) => clientId), asked.map(({ userId }) => userId)];
      for (const { clientId, userId, ...preferences } of await this.database.query<OfUser>(OF_USERS, names))
        said.set(nameOf(clientId, userId), preferences);
    }
    return (clientId, userId) => said.get(nameOf(clientId, userId));
  }

  async put(tx: Tx, clientId: ClientId, userId: UserId, { channels, quietHours }: Preferences): Promise<void> {
    await tx.query(PUT, [clientId, userId, channels, quietHours]);
  }
}

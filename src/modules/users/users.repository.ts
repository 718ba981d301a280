import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import {
  type ClientId,
  Database,
  type Queryable,
  statement,
  type Tx,
  type UserId,
} from '../../platform/database/index.js';
import { User } from './user.entity.js';

const COLUMNS = `u.client_id AS "clientId", u.id, u.display_name AS "displayName", u.email, u.phone, u.locale, u.timezone, u.metadata,
  u.created_at AS "createdAt", u.updated_at AS "updatedAt"`;

/** What may be said of a user; what is undefined stays as it is. */
export type UserDetails = Partial<Pick<User, 'displayName' | 'email' | 'phone' | 'locale' | 'timezone' | 'metadata'>>;

const MENTION = statement(
  'users.mention',
  `INSERT INTO users (client_id, id) SELECT $1, named FROM unnest($2::varchar[]) AS named ORDER BY named ON CONFLICT DO NOTHING`,
);
/** Not written where it is there, but locked: nobody erases the user until the transaction ends. */
const HOLD = statement(
  'users.hold',
  `INSERT INTO users AS u (client_id, id) VALUES ($1, $2) ON CONFLICT (client_id, id) DO UPDATE SET display_name = u.display_name WHERE false`,
);
const PAGE = statement(
  'users.page',
  `SELECT ${COLUMNS} FROM users u WHERE u.client_id = $1 AND ($2::varchar IS NULL OR u.id = $2) AND ($3::varchar IS NULL OR u.id > $3)
    ORDER BY u.id LIMIT $4`,
);
/** The first pseudonym stays, so that an erasure that is taken up again uses the same. */
const BEGIN_ERASURE = statement(
  'users.begin_erasure',
  `UPDATE users u SET erased_as = coalesce(u.erased_as, $3) WHERE u.client_id = $1 AND u.id = $2 RETURNING ${COLUMNS}, u.erased_as AS "erasedAs"`,
);
const REMOVE = statement('users.remove', `DELETE FROM users WHERE client_id = $1 AND id = $2`);

const SAW = statement(
  'users.saw',
  `UPDATE users SET last_seen_at = now() FROM (
     SELECT client_id, id FROM users WHERE client_id = $1 AND id = ANY ($2::varchar[]) AND (last_seen_at IS NULL OR last_seen_at <= now() - make_interval(secs => $3)) ORDER BY id FOR UPDATE) AS seen
    WHERE users.client_id = seen.client_id AND users.id = seen.id`,
);
const LAST_SEEN = statement(
  'users.last_seen',
  `SELECT id, last_seen_at AS at FROM users WHERE client_id = $1 AND id = ANY ($2::varchar[]) AND last_seen_at IS NOT NULL`,
);

@Injectable()
export class UsersRepository {
  constructor(private readonly database: Database) {}

  /** Makes the users that do not exist yet. */
  async mention(clientId: ClientId, ids: readonly UserId[], within: Queryable = this.database): Promise<void> {
    if (ids.length > 0) await within.query(MENTION, [clientId, [...new Set(ids)]]);
  }

  /** As {@link mention}, of a user to whom something is to belong. */
  async hold(tx: Tx, clientId: ClientId, id: UserId): Promise<void> {
    await tx.query(HOLD, [clientId, id]);
  }

  async upsert(clientId: ClientId, id: UserId, details: UserDetails, tx: Tx): Promise<User> {
    const said = Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined));
    await this.hold(tx, clientId, id);
    if (Object.keys(said).length > 0) await tx.manager.update(User, { clientId, id }, said);
    return tx.manager.findOneOrFail(User, { where: { clientId, id }, lock: { mode: 'pessimistic_write' } });
  }

  find(clientId: ClientId, id: UserId): Promise<User | null> {
    return this.database.manager.findOneBy(User, { clientId, id });
  }

  /** By id; `only` narrows it to one user. */
  page(clientId: ClientId, only: UserId | null, limit: number, after: UserId | null): Promise<User[]> {
    return this.database.asClient(clientId, (view) => view.query<User>(PAGE, [clientId, only, after, limit + 1]));
  }

  findAll(clientId: ClientId, ids: readonly UserId[], tx?: Tx): Promise<User[]> {
    return (tx ?? this.database).manager.findBy(User, { clientId, id: In([...ids]) });
  }

  async beginErasure(
    clientId: ClientId,
    id: UserId,
    pseudonym: string,
  ): Promise<(User & { readonly erasedAs: string }) | null> {
    return (
      (await this.database.query<User & { erasedAs: string }>(BEGIN_ERASURE, [clientId, id, pseudonym]))[0] ?? null
    );
  }

  /** With devices and preferences. */
  async remove(tx: Tx, clientId: ClientId, id: UserId): Promise<void> {
    await tx.query(REMOVE, [clientId, id]);
  }

  /** Notes that users were here just now, unless it is known of the last `exceptSeconds`. */
  async saw(clientId: ClientId, ids: readonly UserId[], exceptSeconds: number): Promise<void> {
    await this.database.query(SAW, [clientId, ids, exceptSeconds]);
  }

  async lastSeen(clientId: ClientId, ids: readonly UserId[]): Promise<Map<UserId, Date>> {
    const seen = await this.database.query<{ id: UserId; at: Date }>(LAST_SEEN, [clientId, ids]);
    return new Map(seen.map(({ id, at }) => [id, at]));
  }
}

import { Injectable } from '@nestjs/common';
import { type ClientId, Database, type UserId } from '../../platform/database/index.js';
import { NotFound } from '../../platform/errors/index.js';
import type { Principal } from '../../platform/security/index.js';
import { assertReaches, onlyUserOf } from './user-access.js';
import type { User } from './user.entity.js';
import { type UserDetails, UsersRepository } from './users.repository.js';

/** What is to be said of a user: null clears, what is absent stays. */
export type UserChanges = { readonly [Name in keyof UserDetails]?: UserDetails[Name] | null };

/** A client's users. They exist by first mention; nothing needs to be set up. */
@Injectable()
export class UsersService {
  constructor(
    private readonly database: Database,
    private readonly users: UsersRepository,
  ) {}

  put(clientId: ClientId, userId: UserId, { metadata, ...details }: UserChanges): Promise<User> {
    const changes = { ...details, metadata: metadata === null ? {} : metadata };
    return this.database.transaction((tx) => this.users.upsert(clientId, userId, changes, tx));
  }

  /** @throws NotFound when never mentioned, or the key is another user's */
  async get(caller: Principal, userId: UserId): Promise<User> {
    assertReaches(caller, userId);
    const user = await this.users.find(caller.clientId, userId);
    if (!user) throw new NotFound();
    return user;
  }

  /** For the operator: of a whole client, by id, one row more than asked for. */
  pageOfAll(clientId: ClientId, limit: number, after: UserId | null): Promise<User[]> {
    return this.users.page(clientId, null, limit, after);
  }

  /** By id, one row more than asked for. */
  page(caller: Principal, limit: number, after: UserId | null): Promise<User[]> {
    return this.users.page(caller.clientId, onlyUserOf(caller), limit, after);
  }
}

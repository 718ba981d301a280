import { Injectable } from '@nestjs/common';
import { Database, type UserId } from '../../platform/database/index.js';
import type { Principal } from '../../platform/security/index.js';
import { NO_PREFERENCES, type Preferences } from './preferences.js';
import { PreferencesRepository } from './preferences.repository.js';
import { assertReaches } from './user-access.js';
import { UsersRepository } from './users.repository.js';
import { UsersService } from './users.service.js';

/** What a user wants to get, on which channel, and when. */
@Injectable()
export class PreferencesService {
  constructor(
    private readonly database: Database,
    private readonly preferences: PreferencesRepository,
    private readonly users: UsersRepository,
    private readonly people: UsersService,
  ) {}

  /** @throws NotFound */
  async get(caller: Principal, userId: UserId): Promise<Preferences> {
    await this.people.get(caller, userId);
    return (await this.preferences.find(caller.clientId, userId)) ?? NO_PREFERENCES;
  }

  /** In place of what was said before. @throws NotFound */
  async put(caller: Principal, userId: UserId, wish: Preferences): Promise<Preferences> {
    assertReaches(caller, userId);
    const { clientId } = caller;
    await this.database.transaction(async (tx) => {
      await this.users.hold(tx, clientId, userId);
      await this.preferences.put(tx, clientId, userId, wish);
    });
    return wish;
  }
}

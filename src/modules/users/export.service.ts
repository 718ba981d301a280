import { Injectable } from '@nestjs/common';
import { noteAct } from '../../platform/audit/index.js';
import { type ClientId, Database, type UserId } from '../../platform/database/index.js';
import { NotFound } from '../../platform/errors/index.js';
import { PersonalData } from './personal-data.js';
import type { Preferences } from './preferences.js';
import { PreferencesRepository } from './preferences.repository.js';
import type { User } from './user.entity.js';
import { UsersRepository } from './users.repository.js';

/** Everything that is kept about a user: the lists are read while they are written out. */
export interface UserExport {
  readonly user: User;
  readonly preferences: Preferences | null;
  readonly lists: readonly { readonly name: string; readonly rows: AsyncIterable<object> }[];
}

@Injectable()
export class ExportService {
  constructor(
    private readonly database: Database,
    private readonly users: UsersRepository,
    private readonly preferences: PreferencesRepository,
    private readonly data: PersonalData,
  ) {}

  /** @throws NotFound */
  async open(clientId: ClientId, userId: UserId): Promise<UserExport> {
    const user = await this.users.find(clientId, userId);
    if (!user) throw new NotFound();
    await this.database.transaction(async (tx) =>
      noteAct(tx, clientId, { action: 'user.exported', resource: { type: 'user', id: userId } }),
    );
    const subject = await this.data.subjectOf(clientId, userId, user);
    const lists = this.data
      .parts()
      .flatMap((part) => Object.entries(part.lists).map(([name, list]) => ({ name, rows: list(subject) })));
    return { user, preferences: await this.preferences.find(clientId, userId), lists };
  }
}

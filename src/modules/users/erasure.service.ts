import { Injectable } from '@nestjs/common';
import { actsNow, currentActor, noteAct } from '../../platform/audit/index.js';
import { type ClientId, Database, type UserId } from '../../platform/database/index.js';
import { NotFound } from '../../platform/errors/index.js';
import { type Erasure, PersonalData } from './personal-data.js';
import { newPseudonym } from './pseudonym.js';
import { UsersRepository } from './users.repository.js';

/** Makes users forgotten. */
@Injectable()
export class ErasureService {
  constructor(
    private readonly database: Database,
    private readonly users: UsersRepository,
    private readonly data: PersonalData,
  ) {}

  /**
   * Removes a user's personal data from everywhere; where a reference must stay it names a pseudonym. The user's own row
   * remembers the pseudonym and goes last: an erasure that a crash cut short is finished by the next call.
   * @throws NotFound when nothing was known of the user
   */
  async erase(clientId: ClientId, userId: UserId): Promise<void> {
    const user = await this.users.beginErasure(clientId, userId, newPseudonym());
    const subject = await this.data.subjectOf(clientId, userId, user);
    const pseudonym = user?.erasedAs ?? newPseudonym();
    const erasure: Erasure = { ...subject, displayName: user?.displayName ?? null, pseudonym };
    let found = user ? 1 : 0; // a key or a mention may name somebody who is no user
    for (const part of this.data.parts()) found += await part.erase(erasure);
    if (found === 0) throw new NotFound();
    await this.database.transaction(async (tx) => {
      await this.users.remove(tx, clientId, userId);
      // By the pseudonym, also where they did it themselves: who it was is what nobody is to know any more.
      const actor = currentActor();
      if (actor.userId === userId) actsNow({ ...actor, userId: pseudonym });
      noteAct(tx, clientId, { action: 'user.erased', resource: { type: 'user', id: pseudonym } });
    });
  }
}

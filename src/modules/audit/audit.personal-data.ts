import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type DataSubject, type Erasure, everyRow, PersonalData, type PersonalDataPart } from '../users/index.js';
import { AuditRepository } from './audit.repository.js';
import { AuditEventView } from './audit.view.js';
import { forgotten } from './renaming.rules.js';

const PAGE = 100;
const LOOKED_AT_ONCE = 1_000;

/** That something was done stays; by whom, and to whom, says a pseudonym. Last, as what was done meanwhile is told of, too. */
@Injectable()
export class AuditPersonalData implements PersonalDataPart, OnModuleInit {
  readonly stage = 'copies';
  readonly lists = { auditEvents: (subject: DataSubject) => this.eventsOf(subject) };

  constructor(
    private readonly data: PersonalData,
    private readonly events: AuditRepository,
  ) {}

  onModuleInit(): void {
    this.data.register(this);
  }

  async erase({ clientId, userId, displayName, addresses, pseudonym }: Erasure): Promise<number> {
    const person = { userId, names: [userId, ...(displayName ? [displayName] : []), ...addresses], pseudonym };
    const needles = person.names.map((name) => JSON.stringify(name).toLowerCase());
    let changed = 0;
    for (let last: string | null = null; ;) {
      const part = await this.events.renameSome(clientId, last, LOOKED_AT_ONCE, {
        ...{ needles, userId, rewrite: (row) => forgotten(row, person) },
      });
      changed += part.changed;
      last = part.last;
      if (last === null) return changed;
    }
  }

  private async *eventsOf({ clientId, userId }: DataSubject): AsyncGenerator<AuditEventView> {
    const read = (limit: number, after: string | null) => this.events.ofPerson(clientId, userId, limit, after);
    for await (const event of everyRow(PAGE, read, ({ id }) => id)) yield AuditEventView.of(event);
  }
}

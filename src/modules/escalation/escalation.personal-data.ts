import { Injectable, type OnModuleInit } from '@nestjs/common';
import {
  type DataSubject,
  ERASED_AT_ONCE,
  type Erasure,
  everyRow,
  PersonalData,
  type PersonalDataPart,
  untilNothingIsLeft,
} from '../users/index.js';
import { ToldRepository, type ToldOfUser } from './told.repository.js';

const PAGE = 500;

/** What of rooms was brought to a user. It goes with their memberships, too; what was said is kept by messages alone. */
@Injectable()
export class EscalationPersonalData implements PersonalDataPart, OnModuleInit {
  readonly stage = 'content';
  readonly lists = { escalations: (subject: DataSubject) => this.toldTo(subject) };

  constructor(
    private readonly data: PersonalData,
    private readonly told: ToldRepository,
  ) {}

  onModuleInit(): void {
    this.data.register(this);
  }

  erase({ clientId, userId }: Erasure): Promise<number> {
    return untilNothingIsLeft(() => this.told.forget(clientId, userId, ERASED_AT_ONCE));
  }

  private toldTo({ clientId, userId }: DataSubject): AsyncGenerator<ToldOfUser> {
    const read = (limit: number, after: ToldOfUser | null) => this.told.ofUser(clientId, userId, limit, after);
    return everyRow(PAGE, read, (row) => row);
  }
}

import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type DataSubject, type Erasure, everyRow, PersonalData, type PersonalDataPart } from '../users/index.js';
import { SuppressionList } from './suppression-list.js';
import { SuppressionsRepository } from './suppressions.repository.js';

const PAGE = 100;

interface ExportedSuppression {
  readonly channel: string;
  readonly address: string | null;
  readonly reason: string;
  readonly createdAt: Date;
}

/** That somebody is not to be written to. The address goes with them; that it is suppressed does not. */
@Injectable()
export class SuppressionsPersonalData implements PersonalDataPart, OnModuleInit {
  readonly stage = 'content';
  readonly lists = { suppressions: (subject: DataSubject) => this.ofSubject(subject) };

  constructor(
    private readonly data: PersonalData,
    private readonly suppressions: SuppressionsRepository,
    private readonly list: SuppressionList,
  ) {}

  onModuleInit(): void {
    this.data.register(this);
  }

  erase({ clientId, userId, addresses }: Erasure): Promise<number> {
    return this.list.forget(clientId, [userId, ...addresses]);
  }

  private async *ofSubject({ clientId, userId, addresses }: DataSubject): AsyncGenerator<ExportedSuppression> {
    const names = [userId.toLowerCase(), ...addresses];
    const read = (limit: number, after: string | null) => this.suppressions.ofPerson(clientId, names, limit, after);
    for await (const { channel, address, reason, createdAt } of everyRow(PAGE, read, ({ id }) => id))
      yield { channel, address, reason, createdAt };
  }
}

import { Injectable, type OnModuleInit } from '@nestjs/common';
import { KeysService, KeyView } from '../clients/index.js';
import {
  type DataSubject,
  ERASED_AT_ONCE,
  type Erasure,
  everyRow,
  PersonalData,
  type PersonalDataPart,
  untilNothingIsLeft,
} from '../users/index.js';

const PAGE = 100;

/** A user's keys: dead at once, their sockets closed, and no trace left of them. */
@Injectable()
export class KeysPersonalData implements PersonalDataPart, OnModuleInit {
  readonly stage = 'access';
  readonly lists = { keys: (subject: DataSubject) => this.keysOf(subject) };

  constructor(
    private readonly data: PersonalData,
    private readonly keys: KeysService,
  ) {}

  onModuleInit(): void {
    this.data.register(this);
  }

  erase({ clientId, userId }: Erasure): Promise<number> {
    return untilNothingIsLeft(() => this.keys.forget(clientId, userId, ERASED_AT_ONCE));
  }

  private async *keysOf({ clientId, userId }: DataSubject): AsyncGenerator<KeyView> {
    const read = (limit: number, after: string | null) => this.keys.ofUser(clientId, userId, limit, after);
    for await (const key of everyRow(PAGE, read, ({ keyId }) => keyId)) yield KeyView.of(key);
  }
}

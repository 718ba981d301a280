import { Injectable, type OnModuleInit } from '@nestjs/common';
import {
  ERASED_AT_ONCE,
  type Erasure,
  PersonalData,
  type PersonalDataPart,
  untilNothingIsLeft,
} from '../users/index.js';
import { ReceiptsRepository } from './receipts.repository.js';

/** News of messages that nobody knew yet names its recipient, for a day at most. */
@Injectable()
export class ReceiptsPersonalData implements PersonalDataPart, OnModuleInit {
  readonly stage = 'content';
  readonly lists = {};

  constructor(
    private readonly data: PersonalData,
    private readonly receipts: ReceiptsRepository,
  ) {}

  onModuleInit(): void {
    this.data.register(this);
  }

  erase({ clientId, addresses }: Erasure): Promise<number> {
    return untilNothingIsLeft(() => this.receipts.forget(clientId, addresses, ERASED_AT_ONCE));
  }
}

import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ERASED_AT_ONCE, type Erasure, PersonalData, type PersonalDataPart } from '../users/index.js';
import { ForgettingRepository } from './forgetting.repository.js';

/**
 * What endpoints are told of repeats what is kept elsewhere, and is exported from there. Whatever names a user as theirs,
 * wherever in it, goes with its deliveries and attempts; what the erasure itself is told by, too.
 */
@Injectable()
export class EndpointsPersonalData implements PersonalDataPart, OnModuleInit {
  readonly stage = 'copies';
  readonly lists = {};

  constructor(
    private readonly data: PersonalData,
    private readonly stored: ForgettingRepository,
  ) {}

  onModuleInit(): void {
    this.data.register(this);
  }

  async erase({ clientId, userId, addresses }: Erasure): Promise<number> {
    const names = { user: JSON.stringify(userId), addresses: addresses.map((address) => JSON.stringify(address)) };
    let total = 0;
    for (let after: string | null = null; ;) {
      const { removed, last, seen } = await this.stored.forgetNaming(clientId, after, ERASED_AT_ONCE, names);
      total += removed;
      if (seen < ERASED_AT_ONCE) return total;
      after = last;
    }
  }
}

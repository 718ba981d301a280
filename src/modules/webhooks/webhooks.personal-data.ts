import { Injectable, type OnModuleInit } from '@nestjs/common';
import {
  type DataSubject,
  ERASED_AT_ONCE,
  type Erasure,
  everyRow,
  PersonalData,
  type PersonalDataPart,
} from '../users/index.js';
import { EventSummaryView } from './events/event.view.js';
import { inputOf } from './events/rule-input.rules.js';
import { namesOf } from './names.rules.js';
import { SourcesService } from './sources/sources.service.js';
import { type NamingEvent, WebhooksErasureRepository } from './webhooks-erasure.repository.js';

const PAGE = 20;

/**
 * What other systems told of a user: nobody knows what in it is about whom, so an event that names somebody goes as a whole. The
 * client's rules name another in their place.
 */
@Injectable()
export class WebhooksPersonalData implements PersonalDataPart, OnModuleInit {
  readonly stage = 'content';
  readonly lists = { webhookEvents: (subject: DataSubject) => this.eventsOf(subject) };

  constructor(
    private readonly data: PersonalData,
    private readonly stored: WebhooksErasureRepository,
    private readonly sources: SourcesService,
  ) {}

  onModuleInit(): void {
    this.data.register(this);
  }

  async erase(erasure: Erasure): Promise<number> {
    const renamedSources = await this.sources.rename(erasure);
    return renamedSources + (await this.forgetEvents(erasure));
  }

  private async forgetEvents({ clientId, ...person }: Erasure): Promise<number> {
    const names = namesOf(person);
    let total = 0;
    for (let after: string | null = null; ;) {
      const { count, last } = await this.stored.forget(clientId, names, after, ERASED_AT_ONCE);
      total += count;
      if (last === null) return total;
      after = last;
    }
  }

  private async *eventsOf({ clientId, ...person }: DataSubject): AsyncGenerator<object> {
    const names = namesOf(person);
    const read = (limit: number, after: string | null) => this.stored.page(clientId, names, limit, after);
    for await (const event of everyRow(PAGE, read, ({ id }) => id)) yield shown(event);
  }
}

const shown = (event: NamingEvent): object => ({
  ...EventSummaryView.of(event),
  payload: inputOf(event).payload,
});

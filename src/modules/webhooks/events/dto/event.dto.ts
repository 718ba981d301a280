import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { Allow } from 'class-validator';
import { Flag, JsonObject, OneOf, PageQuery, Text, Uuid } from '../../../../platform/http/index.js';
import { EVENT_NAME } from '../../sources/dto/source.dto.js';
import { EVENT_STATUSES, type EventStatus } from '../event.js';
import type { EventFilter } from '../events.repository.js';
import type { Trial } from '../trial.service.js';

export class EventsQuery extends PageQuery implements EventFilter {
  @Uuid({ optional: true, description: 'Of this source' })
  readonly source?: string;
  @Text({ min: 1, max: 100, pattern: EVENT_NAME, optional: true, example: 'order.paid' })
  readonly event?: string;
  @OneOf(EVENT_STATUSES, { optional: true, example: 'failed' })
  readonly status?: EventStatus;
}

export class ReplayEventDto {
  @Flag({ optional: true, default: false, description: 'Also what has succeeded: it is done once more' })
  readonly force: boolean = false;
}

export class TrySourceDto implements Trial {
  @ApiProperty({
    description: 'As the other system would send it: any JSON, or a text',
    example: { id: 'evt_1NG8Du2eZvKYlo2C', type: 'invoice.paid' },
    oneOf: [
      { type: 'object', additionalProperties: true },
      { type: 'array', items: {} },
      { type: 'string' },
      { type: 'number' },
      { type: 'boolean' },
    ],
  })
  @Transform(({ obj, key }: { obj: Record<string, unknown>; key: string }) => obj[key])
  @Allow()
  readonly payload: unknown;
  @JsonObject({ optional: true, example: { 'x-github-event': 'issues' } })
  readonly headers?: Record<string, unknown>;
}

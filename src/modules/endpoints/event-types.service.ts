import { Injectable } from '@nestjs/common';
import { InvalidInput } from '../../platform/errors/index.js';
import { ViewSchemas } from '../../platform/http/index.js';
import { OutboundCatalogue, type OutboundEventName, type OutboundType } from '../../platform/outbox/index.js';

/** A type of event, for whoever receives it. */
export interface DescribedType {
  readonly type: OutboundEventName;
  readonly summary: string;
  /** JSON schema of the whole body. */
  readonly schema: object;
}

/** What clients' endpoints can be told of, as the code declares it. */
@Injectable()
export class EventTypesService {
  constructor(
    private readonly catalogue: OutboundCatalogue,
    private readonly views: ViewSchemas,
  ) {}

  all(): DescribedType[] {
    const types = this.catalogue.all();
    const views = this.views.of(types.map(({ data }) => data));
    return types.map(({ type, summary, data }) => ({
      ...{ type: type as OutboundEventName, summary },
      schema: bodySchema(type, views.get(data)?.schema ?? {}),
    }));
  }

  /** Data as such an event has it. @throws InvalidInput for a type that is not declared */
  example(eventType: string): { type: OutboundEventName; data: object } {
    const types = this.catalogue.all();
    const found = types.find(({ type }) => type === eventType);
    if (!found) throw InvalidInput.at('/eventType', 'unknown_event_type', unknownOf(types));
    const example = this.views.of([found.data]).get(found.data)?.example ?? {};
    return { type: found.type as OutboundEventName, data: example };
  }
}

const unknownOf = (types: readonly OutboundType[]): string =>
  `No event is of this type; there are: ${types.map(({ type }) => type).join(', ')}`;

function bodySchema(type: string, view: object): object {
  const { $defs, ...data } = view as { readonly $defs?: object };
  return {
    ...($defs && { $defs }),
    type: 'object',
    required: ['id', 'type', 'timestamp', 'data'],
    properties: {
      id: { type: 'string', format: 'uuid', description: 'Also the header `webhook-id`; the same on every try' },
      type: { type: 'string', const: type },
      timestamp: { type: 'string', format: 'date-time' },
      roomId: { type: 'string', format: 'uuid', description: 'Of a room’s event' },
      sequence: { type: 'integer', description: 'Its place among the events of the room' },
      truncated: { type: 'boolean', description: 'The data was too long: it holds ids only' },
      data,
    },
  };
}

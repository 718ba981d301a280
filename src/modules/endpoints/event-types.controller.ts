import { Controller, Get } from '@nestjs/common';
import { ApiProperty, ApiTags } from '@nestjs/swagger';
import { Endpoint } from '../../platform/http/index.js';
import { RequireScopes } from '../../platform/security/index.js';
import { type DescribedType, EventTypesService } from './event-types.service.js';

class EventTypeView {
  @ApiProperty({ example: 'message.created' }) readonly type: string;
  @ApiProperty({ example: 'A message was sent' }) readonly summary: string;
  @ApiProperty({
    ...{ type: 'object', additionalProperties: true, example: { type: 'object' } },
    description: 'JSON schema of the whole body',
  })
  readonly schema: object;
}

class EventTypesView {
  @ApiProperty({ type: [EventTypeView] }) readonly data: EventTypeView[];
  @ApiProperty({ type: String, nullable: true, example: null, description: 'All of them come at once' })
  readonly nextCursor: null;
}

@ApiTags('Webhooks')
@Controller('webhooks/event-types')
export class EventTypesController {
  constructor(private readonly types: EventTypesService) {}

  @Get()
  @RequireScopes('webhooks:read')
  @Endpoint('List the types of events', { returns: EventTypesView, description: 'What endpoints can be told of.' })
  list(): EventTypesView {
    const data = this.types.all().map(({ type, summary, schema }: DescribedType) => ({ type, summary, schema }));
    return { data, nextCursor: null };
  }
}

import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CountedAs, Endpoint, IdParam } from '../../platform/http/index.js';
import { Caller, MasterOnly, type Principal, RequireScopes } from '../../platform/security/index.js';
import { SearchQueryDto } from './dto/message-changes.dto.js';
import { FoundMessageView, FoundPageView, ReceiptView, TraceStepView, TraceView } from './message-changes.view.js';
import { SearchService } from './search.service.js';
import { TraceService } from './trace.service.js';

/** Questions about messages. */
@ApiTags('Messages')
@Controller('messages')
export class SearchController {
  constructor(
    private readonly search: SearchService,
    private readonly traces: TraceService,
  ) {}

  @Get('search')
  @CountedAs('search')
  @RequireScopes('messages:read')
  @Endpoint('Search messages', {
    returns: FoundPageView,
    errors: ['not_found'],
    description:
      'Newest first, in the rooms you are in; a master key that names no user searches all of its client. Upper and lower case and accents make no difference.',
  })
  async find(@Caller() caller: Principal, @Query() query: SearchQueryDto): Promise<FoundPageView> {
    const { data, nextCursor } = await this.search.page(caller, query);
    return { data: data.map((message) => FoundMessageView.found(message, query.q)), nextCursor };
  }

  @Get(':id/receipts')
  @RequireScopes('messages:read')
  @Endpoint('Show whom a message has reached', {
    returns: [ReceiptView],
    description: 'Every member but the sender, up to 1,000: who has read it first, then whom it has reached.',
  })
  async receipts(@Caller() caller: Principal, @IdParam('id') id: string): Promise<ReceiptView[]> {
    return (await this.traces.receipts(caller, id)).map(ReceiptView.of);
  }

  @Get(':id/trace')
  @MasterOnly()
  @Endpoint('Trace a message', {
    returns: TraceView,
    description:
      'Stored, fanned out, delivered, read, in the order of time. Each node remembers the fan-out of its last 50,000 messages.',
  })
  async trace(@Caller() caller: Principal, @IdParam('id') id: string): Promise<TraceView> {
    return { messageId: id, steps: (await this.traces.steps(caller, id)).map(TraceStepView.of) };
  }
}

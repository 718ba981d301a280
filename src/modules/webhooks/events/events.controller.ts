import { Body, Controller, Get, HttpStatus, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CountedAs, Endpoint, idOf, IdParam, pageOf } from '../../../platform/http/index.js';
import { Caller, type Principal, RequireScopes } from '../../../platform/security/index.js';
import { EventsQuery, ReplayEventDto, TrySourceDto } from './dto/event.dto.js';
import { EventPageView, EventSummaryView, EventView, ReplayedView } from './event.view.js';
import { EventsService } from './events.service.js';
import { TrialService } from './trial.service.js';
import { TrialView } from './trial.view.js';

@ApiTags('Webhooks')
@Controller('webhooks')
export class EventsController {
  constructor(
    private readonly events: EventsService,
    private readonly trials: TrialService,
  ) {}

  @Get('events')
  @RequireScopes('webhooks:read')
  @Endpoint('List inbound events', { returns: EventPageView, description: 'Newest first.' })
  async list(
    @Caller() { clientId }: Principal,
    @Query() { limit, cursor, ...filter }: EventsQuery,
  ): Promise<EventPageView> {
    const rows = await this.events.page(clientId, filter, limit, idOf(cursor));
    return pageOf(rows, limit, EventSummaryView.of, ({ id }) => [id]);
  }

  @Get('events/:id')
  @RequireScopes('webhooks:read')
  @Endpoint('Show an inbound event', {
    returns: EventView,
    description: 'With what came, and what each action came to.',
  })
  async show(@Caller() { clientId }: Principal, @IdParam('id') id: string): Promise<EventView> {
    return EventView.with(await this.events.get(clientId, id));
  }

  @Post('events/:id/replay')
  @RequireScopes('webhooks:write')
  @Endpoint('Do what has come to nothing of an inbound event', {
    returns: ReplayedView,
    status: HttpStatus.ACCEPTED,
    errors: ['event_in_progress'],
    description:
      'By the rules of its source as they are now. What has succeeded is not done again, unless `force` says so. One that waits for its next try has it at once.',
  })
  async replay(
    @Caller() { clientId }: Principal,
    @IdParam('id') id: string,
    @Body() { force }: ReplayEventDto,
  ): Promise<ReplayedView> {
    await this.events.replay(clientId, id, force);
    return { id, status: 'accepted' };
  }

  @Post('sources/:id/test')
  @CountedAs('trial')
  @RequireScopes('webhooks:write')
  @Endpoint('Try the rules of a source', {
    returns: TrialView,
    status: HttpStatus.OK,
    description:
      'Makes nothing and calls nobody: for each action whether it would run, with its params once every expression has its value. Later actions see results of earlier ones as they might be.',
  })
  async test(
    @Caller() { clientId }: Principal,
    @IdParam('id') id: string,
    @Body() trial: TrySourceDto,
  ): Promise<TrialView> {
    return TrialView.of(await this.trials.run(clientId, id, trial));
  }
}

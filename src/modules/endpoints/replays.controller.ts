import { Body, Controller, Get, HttpStatus, Post } from '@nestjs/common';
import { ApiProperty, ApiTags } from '@nestjs/swagger';
import {
  Answer,
  CountedAs,
  Endpoint,
  Idempotent,
  IdParam,
  Once,
  type OnceKey,
  OnceStore,
} from '../../platform/http/index.js';
import { Caller, type Principal, RequireScopes } from '../../platform/security/index.js';
import { EndpointReplayDto } from './dto/endpoint.dto.js';
import { REPLAY_STATUSES, type ReplayRecord, type ReplayStatus } from './replay.js';
import { ReplaysService } from './replays.service.js';

const id = { format: 'uuid', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11' } as const;
const count = { type: 'integer', example: 120, description: 'Events it was about when it was asked for' } as const;
const time = { format: 'date-time', example: '2026-11-24T09:30:00.000Z' } as const;

class EndpointReplayAcceptedView {
  @ApiProperty(id) readonly id: string;
  @ApiProperty(count) readonly count: number;
}

class EndpointReplayView {
  @ApiProperty(id) readonly id: string;
  @ApiProperty({
    ...{ enum: REPLAY_STATUSES, example: 'running' },
    description: '`stopped` because the endpoint was disabled',
  })
  readonly status: ReplayStatus;
  @ApiProperty(count) readonly count: number;
  @ApiProperty({ type: 'integer', example: 80, description: 'Events that are deliveries again' }) readonly done: number;
  @ApiProperty(time) readonly createdAt: string;
  @ApiProperty({ ...time, type: String, nullable: true }) readonly finishedAt: string | null;

  static of({ id: replayId, status, count: all, done, createdAt, finishedAt }: ReplayRecord): EndpointReplayView {
    const times = { createdAt: createdAt.toISOString(), finishedAt: finishedAt?.toISOString() ?? null };
    return { id: replayId, status, count: all, done, ...times };
  }
}

@ApiTags('Webhooks')
@Controller('webhooks/endpoints/:id')
export class ReplaysController {
  constructor(
    private readonly replays: ReplaysService,
    private readonly once: OnceStore,
  ) {}

  @Post('replay')
  @CountedAs('bulk')
  @RequireScopes('webhooks:write')
  @Idempotent()
  @Endpoint('Tell an endpoint again', {
    returns: EndpointReplayAcceptedView,
    status: HttpStatus.ACCEPTED,
    errors: ['endpoint_disabled', 'idempotency_in_progress', 'idempotency_mismatch'],
    description:
      'Events by their ids, or those of a span of time, under the `webhook-id` they had. They become deliveries one batch after the other; how far that is, the replay itself says.',
    example: { from: '2026-11-24T00:00:00.000Z', to: '2026-11-25T00:00:00.000Z', only: 'undelivered' },
  })
  submit(
    @Caller() { clientId }: Principal,
    @IdParam('id') endpointId: string,
    @Body() dto: EndpointReplayDto,
    @Once() once?: OnceKey,
  ): Promise<Answer<EndpointReplayAcceptedView>> {
    return this.once.run(once, async (tx) => {
      const replay = await this.replays.submit(tx, clientId, endpointId, dto);
      return new Answer(HttpStatus.ACCEPTED, { id: replay.id, count: replay.count });
    });
  }

  @Get('replays/:replayId')
  @RequireScopes('webhooks:read')
  @Endpoint('Show how far a replay is', { returns: EndpointReplayView })
  async show(
    @Caller() { clientId }: Principal,
    @IdParam('id') endpointId: string,
    @IdParam('replayId') replayId: string,
  ): Promise<EndpointReplayView> {
    return EndpointReplayView.of(await this.replays.get(clientId, endpointId, replayId));
  }
}

import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Endpoint, idOf, IdParam, pageOf } from '../../platform/http/index.js';
import { Caller, type Principal, RequireScopes } from '../../platform/security/index.js';
import { AttemptsQuery, EndpointDeliveriesQuery } from './dto/endpoint-log.dto.js';
import { EndpointLogService } from './endpoint-log.service.js';
import { AttemptPageView, AttemptView, EndpointDeliveryPageView, EndpointDeliveryView } from './endpoint-log.view.js';

@ApiTags('Webhooks')
@Controller('webhooks/endpoints/:id')
export class EndpointLogController {
  constructor(private readonly log: EndpointLogService) {}

  @Get('attempts')
  @RequireScopes('webhooks:read')
  @Endpoint('List the calls of an endpoint', { returns: AttemptPageView, description: 'The newest first.' })
  async attempts(
    @Caller() { clientId }: Principal,
    @IdParam('id') id: string,
    @Query() { limit, cursor, status, webhookId }: AttemptsQuery,
  ): Promise<AttemptPageView> {
    const page = { limit, beforeId: idOf(cursor), ...(status && { status }) };
    const rows = await this.log.attempts(clientId, id, page, webhookId);
    return pageOf(rows, limit, AttemptView.of, (attempt) => [attempt.id]);
  }

  @Get('deliveries')
  @RequireScopes('webhooks:read')
  @Endpoint('List what an endpoint is told', { returns: EndpointDeliveryPageView, description: 'The newest first.' })
  async deliveries(
    @Caller() { clientId }: Principal,
    @IdParam('id') id: string,
    @Query() { limit, cursor, status }: EndpointDeliveriesQuery,
  ): Promise<EndpointDeliveryPageView> {
    const rows = await this.log.deliveries(clientId, id, { limit, beforeId: idOf(cursor), ...(status && { status }) });
    return pageOf(rows, limit, EndpointDeliveryView.of, (delivery) => [delivery.id]);
  }
}

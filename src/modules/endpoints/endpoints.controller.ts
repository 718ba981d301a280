import { Body, Controller, Delete, Get, HttpStatus, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  Answer,
  Endpoint,
  Idempotent,
  idOf,
  IdParam,
  Once,
  type OnceKey,
  OnceStore,
  PageQuery,
  pageOf,
} from '../../platform/http/index.js';
import { Caller, type Principal, RequireScopes } from '../../platform/security/index.js';
import { CreateEndpointDto, UpdateEndpointDto } from './dto/endpoint.dto.js';
import type { EndpointRecord } from './endpoint.js';
import { EndpointHeaders } from './endpoint-headers.js';
import { CreatedEndpointView, EndpointPageView, EndpointView } from './endpoint.view.js';
import { EndpointsService } from './endpoints.service.js';

@ApiTags('Webhooks')
@Controller('webhooks/endpoints')
export class EndpointsController {
  constructor(
    private readonly endpoints: EndpointsService,
    private readonly headers: EndpointHeaders,
    private readonly once: OnceStore,
  ) {}

  @Post()
  @RequireScopes('webhooks:write')
  @Idempotent()
  @Endpoint('Add an endpoint', {
    returns: CreatedEndpointView,
    status: HttpStatus.CREATED,
    errors: ['idempotency_in_progress', 'idempotency_mismatch', 'too_many_endpoints'],
    description:
      'It is told of the events whose types it names, signed by Standard Webhooks. The answer holds the secret, which is shown this once. At most 50.',
  })
  create(
    @Caller() { clientId }: Principal,
    @Body() dto: CreateEndpointDto,
    @Once() once?: OnceKey,
  ): Promise<Answer<CreatedEndpointView>> {
    return this.once.run(
      once,
      async (tx) => {
        const { endpoint, secret } = await this.endpoints.create(tx, clientId, requestOf(dto));
        return new Answer(HttpStatus.CREATED, { ...this.view(endpoint), secret });
      },
      { sealed: true },
    );
  }

  @Get()
  @RequireScopes('webhooks:read')
  @Endpoint('List endpoints', { returns: EndpointPageView })
  async list(@Caller() { clientId }: Principal, @Query() { limit, cursor }: PageQuery): Promise<EndpointPageView> {
    const rows = await this.endpoints.page(clientId, limit, idOf(cursor));
    return pageOf(
      rows,
      limit,
      (endpoint) => this.view(endpoint),
      ({ id }) => [id],
    );
  }

  @Get(':id')
  @RequireScopes('webhooks:read')
  @Endpoint('Show an endpoint', { returns: EndpointView })
  async show(@Caller() { clientId }: Principal, @IdParam('id') id: string): Promise<EndpointView> {
    return this.view(await this.endpoints.get(clientId, id));
  }

  @Patch(':id')
  @RequireScopes('webhooks:write')
  @Endpoint('Change an endpoint', { returns: EndpointView })
  async update(
    @Caller() { clientId }: Principal,
    @IdParam('id') id: string,
    @Body() dto: UpdateEndpointDto,
  ): Promise<EndpointView> {
    return this.view(await this.endpoints.change(clientId, id, requestOf(dto)));
  }

  @Delete(':id')
  @RequireScopes('webhooks:write')
  @Endpoint('Remove an endpoint', { description: 'What it has not been told yet it never will be.' })
  async remove(@Caller() { clientId }: Principal, @IdParam('id') id: string): Promise<void> {
    await this.endpoints.remove(clientId, id);
  }

  private view(endpoint: EndpointRecord): EndpointView {
    const { clientId, id: endpointId, headers } = endpoint;
    return EndpointView.of(endpoint, this.headers.shown({ clientId, endpointId }, headers));
  }
}

/** The parts as plain values. */
const requestOf = <T extends CreateEndpointDto | UpdateEndpointDto>({ limits, ...dto }: T) => ({
  ...dto,
  ...(limits && { limits: { ...limits } }),
});

import { Body, Controller, Delete, Get, HttpStatus, Inject, Patch, Post, Query, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { ENV, type ResolvedEnv } from '../../../config/index.js';
import type { ClientId } from '../../../platform/database/index.js';
import {
  Answer,
  API_PREFIX,
  Endpoint,
  Idempotent,
  idOf,
  IdParam,
  Once,
  type OnceKey,
  OnceStore,
  PageQuery,
  pageOf,
  publicUrlOf,
} from '../../../platform/http/index.js';
import { Caller, type Principal, RequireScopes } from '../../../platform/security/index.js';
import { ClientsService } from '../../clients/index.js';
import { CreateSourceDto, RotateSourceSecretDto, UpdateSourceDto } from './dto/source.dto.js';
import type { WebhookSource } from './source.entity.js';
import { SourcePageView, type Shown, SourceView, SourceWithSecretView } from './source.view.js';
import { SourceVerification } from './source-verification.js';
import { SourcesService, type SourceWithSecret } from './sources.service.js';

const EXAMPLE = {
  event: 'order.paid',
  verification: { scheme: 'stripe' },
  actions: [
    {
      type: 'createRoom',
      id: 'room',
      params: { type: 'support', name: { $: "join(' ', ['Order', payload.data.object.id])" }, members: ['ann'] },
    },
    {
      type: 'sendMessage',
      params: { roomId: { $: 'steps.room.id' }, senderId: 'shop', content: 'Thank you for your order.' },
    },
  ],
};

@ApiTags('Webhooks')
@Controller('webhooks/sources')
export class SourcesController {
  constructor(
    private readonly sources: SourcesService,
    private readonly clients: ClientsService,
    private readonly verification: SourceVerification,
    private readonly once: OnceStore,
    @Inject(ENV) private readonly env: ResolvedEnv,
  ) {}

  @Post()
  @RequireScopes('webhooks:write')
  @Idempotent()
  @Endpoint('Add a source of inbound webhooks', {
    returns: SourceWithSecretView,
    status: HttpStatus.CREATED,
    errors: ['source_exists', 'too_many_sources', 'idempotency_in_progress', 'idempotency_mismatch'],
    description:
      'The answer holds the address that the other system calls, and the secret when it was made here, which is shown this once.',
    example: EXAMPLE,
  })
  async create(
    @Caller() { clientId }: Principal,
    @Body() dto: CreateSourceDto,
    @Req() request: Request,
    @Once() once?: OnceKey,
  ): Promise<Answer<SourceWithSecretView>> {
    const urlOf = await this.addresses(clientId, request);
    return this.once.run(
      once,
      async (tx) => new Answer(HttpStatus.CREATED, this.withSecret(await this.sources.add(tx, clientId, dto), urlOf)),
      { sealed: true },
    );
  }

  @Get()
  @RequireScopes('webhooks:read')
  @Endpoint('List sources', { returns: SourcePageView })
  async list(
    @Caller() { clientId }: Principal,
    @Query() { limit, cursor }: PageQuery,
    @Req() request: Request,
  ): Promise<SourcePageView> {
    const urlOf = await this.addresses(clientId, request);
    const rows = await this.sources.page(clientId, limit, idOf(cursor));
    return pageOf(
      rows,
      limit,
      (source) => SourceView.of(source, this.shown(source, urlOf)),
      ({ id }) => [id],
    );
  }

  @Get(':id')
  @RequireScopes('webhooks:read')
  @Endpoint('Show a source', { returns: SourceView })
  async show(
    @Caller() { clientId }: Principal,
    @IdParam('id') id: string,
    @Req() request: Request,
  ): Promise<SourceView> {
    const source = await this.sources.get(clientId, id);
    return SourceView.of(source, this.shown(source, await this.addresses(clientId, request)));
  }

  @Patch(':id')
  @RequireScopes('webhooks:write')
  @Endpoint('Change a source', {
    returns: SourceWithSecretView,
    description:
      'Events that have come keep the actions they came with. A `verification.secret` takes the place of all others at once; `rotate-secret` lets them overlap.',
  })
  async update(
    @Caller() { clientId }: Principal,
    @IdParam('id') id: string,
    @Body() dto: UpdateSourceDto,
    @Req() request: Request,
  ): Promise<SourceWithSecretView> {
    return this.withSecret(await this.sources.change(clientId, id, dto), await this.addresses(clientId, request));
  }

  @Delete(':id')
  @RequireScopes('webhooks:write')
  @Endpoint('Remove a source', {
    description: 'Events that have come stay, and what is to be done about them is done.',
  })
  async remove(@Caller() { clientId }: Principal, @IdParam('id') id: string): Promise<void> {
    await this.sources.remove(clientId, id);
  }

  @Post(':id/rotate-secret')
  @RequireScopes('webhooks:write')
  @Idempotent()
  @Endpoint('Exchange the secret of a source', {
    returns: SourceWithSecretView,
    status: HttpStatus.CREATED,
    errors: ['idempotency_in_progress', 'idempotency_mismatch'],
    description: 'The ones before stay good beside it for as long as is said; at most three count at a time.',
  })
  async rotate(
    @Caller() { clientId }: Principal,
    @IdParam('id') id: string,
    @Body() dto: RotateSourceSecretDto,
    @Req() request: Request,
    @Once() once?: OnceKey,
  ): Promise<Answer<SourceWithSecretView>> {
    const urlOf = await this.addresses(clientId, request);
    return this.once.run(
      once,
      async (tx) =>
        new Answer(HttpStatus.CREATED, this.withSecret(await this.sources.rotate(tx, clientId, id, dto), urlOf)),
      { sealed: true },
    );
  }

  private async addresses(clientId: ClientId, { protocol, host }: Request): Promise<(event: string) => string> {
    const { slug } = await this.clients.get(clientId);
    return (event) => {
      const path = `/webhooks/${slug}/${event}`;
      return publicUrlOf(this.env, path) ?? `${protocol}://${host}/${API_PREFIX}${path}`;
    };
  }

  private shown({ scheme, event }: WebhookSource, urlOf: (event: string) => string): Shown {
    return { url: urlOf(event), insecure: this.verification.isInsecure(scheme) };
  }

  private withSecret({ source, secret }: SourceWithSecret, urlOf: (event: string) => string): SourceWithSecretView {
    return SourceWithSecretView.withSecret(source, {
      ...this.shown(source, urlOf),
      ...(secret !== undefined && { secret }),
    });
  }
}

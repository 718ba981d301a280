import { Body, Controller, Delete, Get, HttpStatus, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { isUuid } from '../../platform/database/index.js';
import {
  Answer,
  CountedAs,
  decodeCursor,
  Endpoint,
  Idempotent,
  IdParam,
  Once,
  type OnceKey,
  OnceStore,
  pageOf,
  PageQuery,
} from '../../platform/http/index.js';
import { Caller, type Principal, RequireScopes } from '../../platform/security/index.js';
import { CatalogService } from './catalog.service.js';
import { CreateProviderDto, UpdateProviderDto } from './dto/provider.dto.js';
import type { ProviderRecord } from './provider.entity.js';
import { CatalogView, ProviderPageView, ProviderView, VerifiedView } from './provider.view.js';
import { ProvidersService } from './providers.service.js';

@ApiTags('Providers')
@Controller('providers')
export class ProvidersController {
  constructor(
    private readonly providers: ProvidersService,
    private readonly catalog: CatalogService,
    private readonly once: OnceStore,
  ) {}

  @Get('catalog')
  @RequireScopes('providers:read')
  @Endpoint('List the kinds of provider', { returns: CatalogView })
  kinds(): CatalogView {
    return { data: this.catalog.list() };
  }

  @Post()
  @RequireScopes('providers:write')
  @Idempotent()
  @Endpoint('Add a provider', {
    returns: ProviderView,
    status: HttpStatus.CREATED,
    errors: ['idempotency_in_progress', 'idempotency_mismatch'],
    description: 'Its settings are stored encrypted; secrets are never shown again.',
  })
  create(
    @Caller() { clientId }: Principal,
    @Body() dto: CreateProviderDto,
    @Once() once?: OnceKey,
  ): Promise<Answer<ProviderView>> {
    return this.once.run(
      once,
      async (tx) => new Answer(HttpStatus.CREATED, this.view(await this.providers.add(tx, clientId, dto))),
    );
  }

  @Get()
  @RequireScopes('providers:read')
  @Endpoint('List providers', { returns: ProviderPageView })
  async list(@Caller() { clientId }: Principal, @Query() { limit, cursor }: PageQuery): Promise<ProviderPageView> {
    const after = cursor ? String(decodeCursor(cursor, [isUuid])[0]) : null;
    return pageOf(
      await this.providers.page(clientId, limit, after),
      limit,
      (provider) => this.view(provider),
      ({ id }) => [id],
    );
  }

  @Get(':id')
  @RequireScopes('providers:read')
  @Endpoint('Show a provider', { returns: ProviderView })
  async show(@Caller() { clientId }: Principal, @IdParam('id') id: string): Promise<ProviderView> {
    return this.view(await this.providers.get(clientId, id));
  }

  @Patch(':id')
  @RequireScopes('providers:write')
  @Endpoint('Change a provider', { returns: ProviderView })
  async update(
    @Caller() { clientId }: Principal,
    @IdParam('id') id: string,
    @Body() dto: UpdateProviderDto,
  ): Promise<ProviderView> {
    return this.view(await this.providers.change(clientId, id, dto));
  }

  @Delete(':id')
  @RequireScopes('providers:write')
  @Endpoint('Remove a provider')
  async remove(@Caller() { clientId }: Principal, @IdParam('id') id: string): Promise<void> {
    await this.providers.remove(clientId, id);
  }

  @Post(':id/verify')
  @CountedAs('trial')
  @RequireScopes('providers:write')
  @Endpoint('Try the credentials of a provider', {
    returns: VerifiedView,
    description: 'Connects and authenticates; sends nothing.',
  })
  async verify(@Caller() { clientId }: Principal, @IdParam('id') id: string): Promise<VerifiedView> {
    const detail = await this.providers.verify(clientId, id);
    return { ok: detail === null, detail };
  }

  private view(provider: ProviderRecord): ProviderView {
    return ProviderView.of(provider, this.providers.shown(provider));
  }
}

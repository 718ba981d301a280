import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { decodeCursor, Endpoint, idOf, IdParam, isText, isTime, PageQuery, pageOf } from '../../platform/http/index.js';
import { OperatorOnly } from '../../platform/security/index.js';
import { KeyPageView, KeysService, KeyView } from '../clients/index.js';
import { EndpointHeaders, EndpointPageView, EndpointsService, EndpointView } from '../endpoints/index.js';
import { ProviderPageView, ProvidersService, ProviderView } from '../providers/index.js';
import { UsersService } from '../users/index.js';
import { LEAVES_A_TRAIL, SupportTrail } from './support-trail.js';
import { SupportUserPageView, SupportUserView } from './support.view.js';

/** How a client is set up, for support: as the client sees it itself, secrets masked, and of people as little as will do. */
@ApiTags('Admin')
@OperatorOnly()
@Controller('admin/clients/:id')
export class AccountSupportController {
  constructor(
    private readonly trail: SupportTrail,
    private readonly keys: KeysService,
    private readonly providers: ProvidersService,
    private readonly endpoints: EndpointsService,
    private readonly headers: EndpointHeaders,
    private readonly users: UsersService,
  ) {}

  @Get('keys')
  @Endpoint('List a client’s keys', { returns: KeyPageView, description: LEAVES_A_TRAIL })
  listKeys(@IdParam('id') id: string, @Query() { limit, cursor }: PageQuery): Promise<KeyPageView> {
    return this.trail.looking(id, 'keys', async () => {
      const [createdAt, keyId] = cursor ? decodeCursor(cursor, [isTime, isText]) : [];
      const before = createdAt && keyId ? { createdAt: new Date(createdAt), keyId: String(keyId) } : null;
      const rows = await this.keys.page(id, limit, before);
      return pageOf(rows, limit, KeyView.of, (key) => [key.createdAt.toISOString(), key.keyId]);
    });
  }

  @Get('providers')
  @Endpoint('List a client’s providers', { returns: ProviderPageView, description: LEAVES_A_TRAIL })
  listProviders(@IdParam('id') id: string, @Query() { limit, cursor }: PageQuery): Promise<ProviderPageView> {
    return this.trail.looking(id, 'providers', async () => {
      const rows = await this.providers.page(id, limit, idOf(cursor));
      return pageOf(
        rows,
        limit,
        (provider) => ProviderView.of(provider, this.providers.shown(provider)),
        (provider) => [provider.id],
      );
    });
  }

  @Get('endpoints')
  @Endpoint('List a client’s endpoints', { returns: EndpointPageView, description: LEAVES_A_TRAIL })
  listEndpoints(@IdParam('id') id: string, @Query() { limit, cursor }: PageQuery): Promise<EndpointPageView> {
    return this.trail.looking(id, 'endpoints', async () => {
      const rows = await this.endpoints.page(id, limit, idOf(cursor));
      return pageOf(
        rows,
        limit,
        (endpoint) =>
          EndpointView.of(endpoint, this.headers.shown({ clientId: id, endpointId: endpoint.id }, endpoint.headers)),
        (endpoint) => [endpoint.id],
      );
    });
  }

  @Get('users')
  @Endpoint('List a client’s users', {
    returns: SupportUserPageView,
    description: `By id: whether they have an address, not which. ${LEAVES_A_TRAIL}`,
  })
  listUsers(@IdParam('id') id: string, @Query() { limit, cursor }: PageQuery): Promise<SupportUserPageView> {
    return this.trail.looking(id, 'users', async () => {
      const after = cursor ? String(decodeCursor(cursor, [isText])[0]) : null;
      return pageOf(await this.users.pageOfAll(id, limit, after), limit, SupportUserView.of, (user) => [user.id]);
    });
  }
}

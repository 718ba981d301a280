import { Controller, Get, Query } from '@nestjs/common';
import { ApiProperty, ApiTags } from '@nestjs/swagger';
import { Endpoint, idOf, pageOf } from '../../platform/http/index.js';
import { OperatorOnly } from '../../platform/security/index.js';
import { type Client, ClientsQuery, ClientsService, ClientView } from '../clients/index.js';
import { Quotas, type QuotaUse, QuotaUseView } from '../quotas/index.js';

class UsedClientView extends ClientView {
  @ApiProperty({ type: [QuotaUseView] }) readonly usage: readonly QuotaUseView[];

  static with(client: Client, usage: readonly QuotaUse[]): UsedClientView {
    return { ...ClientView.of(client), usage: usage.map(QuotaUseView.of) };
  }
}

class UsedClientPageView {
  @ApiProperty({ type: [UsedClientView] }) readonly data: UsedClientView[];
  @ApiProperty({ type: String, nullable: true, example: null }) readonly nextCursor: string | null;
}

/** Clients beside each other. How much they send is the operator's to know, and leaves no trail. */
@ApiTags('Admin')
@OperatorOnly()
@Controller('admin/clients')
export class UsageListController {
  constructor(
    private readonly clients: ClientsService,
    private readonly quotas: Quotas,
  ) {}

  @Get()
  @Endpoint('List clients with what they use', {
    returns: UsedClientPageView,
    description: 'By their ids, oldest first.',
  })
  async list(@Query() { limit, cursor, ...filter }: ClientsQuery): Promise<UsedClientPageView> {
    const clients = await this.clients.page(filter, limit, idOf(cursor));
    const usage = await this.quotas.usages(clients.slice(0, limit).map(({ id }) => id));
    return pageOf(
      clients,
      limit,
      (client) => UsedClientView.with(client, usage.get(client.id) ?? []),
      ({ id }) => [id],
    );
  }
}

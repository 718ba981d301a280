import { Body, Controller, Delete, Get, HttpStatus, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { isUuid } from '../../platform/database/index.js';
import {
  Answer,
  decodeCursor,
  Endpoint,
  Idempotent,
  IdParam,
  Once,
  type OnceKey,
  OnceStore,
  pageOf,
} from '../../platform/http/index.js';
import { OperatorOnly } from '../../platform/security/index.js';
import { ClientsService } from './clients.service.js';
import {
  ClientPageView,
  ClientsQuery,
  ClientView,
  CreateClientDto,
  RegisteredClientView,
  UpdateClientDto,
} from './dto/client.dto.js';
import { KeysService } from './keys.service.js';

/** The operator's view: every client of the installation. */
@ApiTags('Clients')
@OperatorOnly()
@Controller('clients')
export class ClientsController {
  constructor(
    private readonly clients: ClientsService,
    private readonly keys: KeysService,
    private readonly once: OnceStore,
  ) {}

  @Post()
  @Idempotent()
  @Endpoint('Create a client', {
    returns: RegisteredClientView,
    status: HttpStatus.CREATED,
    errors: ['slug_taken', 'idempotency_in_progress', 'idempotency_mismatch'],
    description: 'The answer holds the first master key, which is shown this once.',
  })
  async create(@Body() dto: CreateClientDto, @Once() once?: OnceKey): Promise<Answer<RegisteredClientView>> {
    const minted = await this.keys.mint('master');
    return this.once.run(
      once,
      async (tx) => {
        const { client, masterKey } = await this.clients.register(tx, dto, minted);
        return new Answer(HttpStatus.CREATED, { client: ClientView.of(client), masterKey });
      },
      { sealed: true },
    );
  }

  @Get()
  @Endpoint('List clients', { returns: ClientPageView })
  async list(@Query() { limit, cursor, ...filter }: ClientsQuery): Promise<ClientPageView> {
    const after = cursor ? String(decodeCursor(cursor, [isUuid])[0]) : null;
    return pageOf(await this.clients.page(filter, limit, after), limit, ClientView.of, ({ id }) => [id]);
  }

  @Get(':id')
  @Endpoint('Show a client', { returns: ClientView })
  async show(@IdParam('id') id: string): Promise<ClientView> {
    return ClientView.of(await this.clients.get(id));
  }

  @Patch(':id')
  @Endpoint('Change a client', {
    returns: ClientView,
    description: 'Suspending takes hold at once: its keys answer 403 and its sockets close.',
  })
  async update(@IdParam('id') id: string, @Body() dto: UpdateClientDto): Promise<ClientView> {
    return ClientView.of(await this.clients.change(id, dto, 'operator'));
  }

  @Delete(':id')
  @Endpoint('Delete a client with everything that is its own')
  async remove(@IdParam('id') id: string): Promise<void> {
    await this.clients.remove(id);
  }
}

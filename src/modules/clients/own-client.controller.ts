import { Body, Controller, Delete, Get, HttpStatus, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  Answer,
  CountedAs,
  decodeCursor,
  Endpoint,
  Idempotent,
  isText,
  isTime,
  Once,
  type OnceKey,
  OnceStore,
  PageQuery,
  pageOf,
  TextParam,
} from '../../platform/http/index.js';
import { AnyKey, Caller, MasterOnly, type Principal } from '../../platform/security/index.js';
import { ClientsService } from './clients.service.js';
import { ClientView, OwnClientView, UpdateOwnClientDto } from './dto/client.dto.js';
import { CreateKeyDto, IssuedKeyView, KeyPageView, KeyView, RotateKeyDto } from './dto/key.dto.js';
import { KeysService } from './keys.service.js';
import { OwnLimits } from './own-limits.js';

const KEY_ID = /^[0-9A-Za-z]{12}$/;

/** A client's view of itself and its keys. */
@ApiTags('Clients')
@Controller('clients/me')
export class OwnClientController {
  constructor(
    private readonly clients: ClientsService,
    private readonly keys: KeysService,
    private readonly once: OnceStore,
    private readonly limits: OwnLimits,
  ) {}

  @Get()
  @AnyKey()
  @Endpoint('Show the client this key belongs to', {
    returns: OwnClientView,
    description: 'With the limits that hold for it now, its own and those it has by default.',
  })
  async show(@Caller() { clientId }: Principal): Promise<OwnClientView> {
    const client = await this.clients.get(clientId);
    return { ...ClientView.of(client), limits: this.limits.of(client.settings.limits ?? {}) };
  }

  @Patch()
  @MasterOnly()
  @Endpoint('Change the client', {
    returns: ClientView,
    errors: ['forbidden'],
    description: '`settings.limits` is the operator’s alone.',
  })
  async update(@Caller() { clientId }: Principal, @Body() dto: UpdateOwnClientDto): Promise<ClientView> {
    return ClientView.of(await this.clients.change(clientId, dto, 'client'));
  }

  @Post('keys')
  @MasterOnly()
  @CountedAs('login')
  @Idempotent()
  @Endpoint('Make a key', {
    returns: IssuedKeyView,
    status: HttpStatus.CREATED,
    errors: ['idempotency_in_progress', 'idempotency_mismatch'],
  })
  async createKey(
    @Caller() { clientId }: Principal,
    @Body() dto: CreateKeyDto,
    @Once() once?: OnceKey,
  ): Promise<Answer<IssuedKeyView>> {
    const minted = await this.keys.mint(dto.type);
    const key = { ...dto, expiresAt: dto.expiresAt ? new Date(dto.expiresAt) : null };
    const store = async (tx: Parameters<KeysService['store']>[0]) =>
      new Answer(HttpStatus.CREATED, IssuedKeyView.ofIssued(await this.keys.store(tx, clientId, minted, key)));
    return this.once.run(once, store, { sealed: true });
  }

  @Get('keys')
  @MasterOnly()
  @Endpoint('List keys', { returns: KeyPageView })
  async listKeys(@Caller() { clientId }: Principal, @Query() { limit, cursor }: PageQuery): Promise<KeyPageView> {
    const [createdAt, keyId] = cursor ? decodeCursor(cursor, [isTime, isText]) : [];
    const before = createdAt && keyId ? { createdAt: new Date(createdAt), keyId: String(keyId) } : null;
    const rows = await this.keys.page(clientId, limit, before);
    return pageOf(rows, limit, KeyView.of, (key) => [key.createdAt.toISOString(), key.keyId]);
  }

  @Post('keys/:keyId/rotate')
  @MasterOnly()
  @CountedAs('login')
  @Idempotent()
  @Endpoint('Replace a key by a new one', {
    returns: IssuedKeyView,
    status: HttpStatus.CREATED,
    errors: ['idempotency_in_progress', 'idempotency_mismatch'],
  })
  async rotateKey(
    @Caller() { clientId }: Principal,
    @TextParam('keyId', KEY_ID) keyId: string,
    @Body() { overlapSeconds }: RotateKeyDto,
    @Once() once?: OnceKey,
  ): Promise<Answer<IssuedKeyView>> {
    const minted = await this.keys.mint(await this.keys.typeOf(clientId, keyId));
    return this.once.run(
      once,
      async (tx) =>
        new Answer(
          HttpStatus.CREATED,
          IssuedKeyView.ofIssued(await this.keys.rotate(tx, clientId, keyId, overlapSeconds, minted)),
        ),
      { sealed: true },
    );
  }

  @Delete('keys/:keyId')
  @MasterOnly()
  @Endpoint('Revoke a key', {
    errors: ['last_master_key'],
    description: 'Dead on every node within a second; its sockets close with 4003.',
  })
  async revokeKey(@Caller() { clientId }: Principal, @TextParam('keyId', KEY_ID) keyId: string): Promise<void> {
    await this.keys.revoke(clientId, keyId);
  }
}

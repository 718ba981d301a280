import { Readable } from 'node:stream';
import { Body, Controller, Delete, Get, Put, Query, StreamableFile } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  CountedAs,
  decodeCursor,
  Endpoint,
  isText,
  pageOf,
  PageQuery,
  UserIdParam,
} from '../../platform/http/index.js';
import { Caller, MasterOnly, type Principal, RequireScopes } from '../../platform/security/index.js';
import { PutUserDto, UserPageView } from './dto/user.dto.js';
import { UserView } from './dto/user.view.js';
import { ErasureService } from './erasure.service.js';
import { ExportService } from './export.service.js';
import { UserExportView } from './user-export.view.js';
import { UsersService } from './users.service.js';

@ApiTags('Users')
@Controller('users')
export class UsersController {
  constructor(
    private readonly users: UsersService,
    private readonly erasures: ErasureService,
    private readonly exports: ExportService,
  ) {}

  @Put(':userId')
  @MasterOnly()
  @Endpoint('Say something of a user', {
    returns: UserView,
    description: 'Makes the user if this is the first mention. What is absent stays as it is; null clears.',
  })
  async put(@Caller() { clientId }: Principal, @UserIdParam() userId: string, @Body() dto: PutUserDto) {
    return UserView.of(await this.users.put(clientId, userId, dto));
  }

  @Get()
  @RequireScopes('users:read')
  @Endpoint('List users', { returns: UserPageView, description: 'By id. A user’s own key lists that user alone.' })
  async list(@Caller() caller: Principal, @Query() { limit, cursor }: PageQuery): Promise<UserPageView> {
    const after = cursor ? String(decodeCursor(cursor, [isText])[0]) : null;
    return pageOf(await this.users.page(caller, limit, after), limit, UserView.of, ({ id }) => [id]);
  }

  @Get(':userId')
  @RequireScopes('users:read')
  @Endpoint('Show a user', {
    returns: UserView,
    errors: ['validation_failed'],
    description: '404 when never mentioned. A user’s own key sees that user alone.',
  })
  async show(@Caller() caller: Principal, @UserIdParam() userId: string): Promise<UserView> {
    return UserView.of(await this.users.get(caller, userId));
  }

  @Get(':userId/export')
  @CountedAs('export')
  @MasterOnly()
  @Endpoint('Export everything kept about a user', {
    returns: UserExportView,
    errors: ['validation_failed'],
    description: 'One JSON document, written while it is read, so that its size has no limit.',
  })
  async export(@Caller() { clientId }: Principal, @UserIdParam() userId: string): Promise<StreamableFile> {
    const document = UserExportView.textOf(await this.exports.open(clientId, userId));
    return new StreamableFile(Readable.from(document, { objectMode: false }), { type: 'application/json' });
  }

  @Delete(':userId')
  @MasterOnly()
  @Endpoint('Erase a user', {
    errors: ['validation_failed'],
    description:
      'Personal data is gone from everywhere when this answers. Messages become tombstones that keep their seq; keys die and their sockets close with 4003. If it fails on the way, call it again: it goes on where it stopped.',
  })
  async erase(@Caller() { clientId }: Principal, @UserIdParam() userId: string): Promise<void> {
    await this.erasures.erase(clientId, userId);
  }
}

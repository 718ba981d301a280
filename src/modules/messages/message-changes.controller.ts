import { Body, Controller, Delete, Get, HttpStatus, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Endpoint, IdParam, PageQuery } from '../../platform/http/index.js';
import { Caller, MasterOnly, type Principal, RequireScopes } from '../../platform/security/index.js';
import { EditMessageDto } from './dto/message-changes.dto.js';
import { EditingService } from './editing.service.js';
import { HistoryService } from './history.service.js';
import { MessageVersionsView, MessageVersionView } from './message-changes.view.js';
import { MessagePageView, MessageView } from './message.view.js';
import { PinsService } from './pins.service.js';

@ApiTags('Messages')
@Controller('messages/:id')
export class MessageChangesController {
  constructor(
    private readonly editing: EditingService,
    private readonly pins: PinsService,
    private readonly history: HistoryService,
  ) {}

  @Patch()
  @RequireScopes('messages:write')
  @Endpoint('Edit a message', {
    returns: MessageView,
    errors: ['forbidden', 'room_inactive', 'message_deleted', 'too_many_edits'],
    description: 'By its sender. What it said before is kept as a version.',
  })
  async edit(
    @Caller() caller: Principal,
    @IdParam('id') id: string,
    @Body() dto: EditMessageDto,
  ): Promise<MessageView> {
    return MessageView.of(await this.editing.edit(caller, id, dto.content));
  }

  @Delete()
  @RequireScopes('messages:write')
  @Endpoint('Delete a message', {
    errors: ['forbidden'],
    description: 'By its sender, or an admin of the room. What it said is gone; a tombstone keeps its seq.',
  })
  async remove(@Caller() caller: Principal, @IdParam('id') id: string): Promise<void> {
    await this.editing.remove(caller, id);
  }

  @Get('versions')
  @MasterOnly()
  @Endpoint('List what a message said before', { returns: MessageVersionsView })
  async versions(@Caller() caller: Principal, @IdParam('id') id: string): Promise<MessageVersionsView> {
    const versions = await this.editing.versions(caller, id);
    return { data: versions.map(MessageVersionView.of), nextCursor: null };
  }

  @Get('replies')
  @RequireScopes('messages:read')
  @Endpoint('List the replies to a message', { returns: MessagePageView, description: 'Oldest first.' })
  async replies(
    @Caller() caller: Principal,
    @IdParam('id') id: string,
    @Query() { limit, cursor }: PageQuery,
  ): Promise<MessagePageView> {
    const { data, nextCursor } = await this.history.replies(caller, id, limit, cursor);
    return { data: data.map(MessageView.of), nextCursor };
  }

  @Post('pin')
  @RequireScopes('messages:write')
  @Endpoint('Pin a message', {
    returns: MessageView,
    status: HttpStatus.OK,
    errors: ['forbidden', 'room_inactive', 'message_deleted'],
  })
  async pin(@Caller() caller: Principal, @IdParam('id') id: string): Promise<MessageView> {
    return MessageView.of(await this.pins.set(caller, id, true));
  }

  @Delete('pin')
  @RequireScopes('messages:write')
  @Endpoint('Unpin a message', {
    returns: MessageView,
    status: HttpStatus.OK,
    errors: ['forbidden', 'room_inactive', 'message_deleted'],
  })
  async unpin(@Caller() caller: Principal, @IdParam('id') id: string): Promise<MessageView> {
    return MessageView.of(await this.pins.set(caller, id, false));
  }
}

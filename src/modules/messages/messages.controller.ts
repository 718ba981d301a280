import { Body, Controller, Get, HttpStatus, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Answer, Endpoint, Idempotent, IdParam, Once, type OnceKey, PageQuery } from '../../platform/http/index.js';
import { Caller, type Principal, RequireScopes } from '../../platform/security/index.js';
import { FeedQuery, HistoryQuery, SendMessageDto } from './dto/message.dto.js';
import { FeedService } from './feed.service.js';
import { HistoryService } from './history.service.js';
import { FeedPageView, MessagePageView, MessageView } from './message.view.js';
import { MessagesService } from './messages.service.js';

@ApiTags('Messages')
@Controller('messages')
export class MessagesController {
  constructor(
    private readonly messages: MessagesService,
    private readonly history: HistoryService,
  ) {}

  @Post()
  @RequireScopes('messages:write')
  @Idempotent()
  @Endpoint('Send a message', {
    returns: MessageView,
    status: HttpStatus.CREATED,
    also: {
      status: HttpStatus.OK,
      description: 'The message this `clientMessageId` made before, with `Idempotency-Replayed: true`',
    },
    errors: [
      'user_required',
      'forbidden',
      'not_found',
      'room_inactive',
      'quota_exceeded',
      'slow_mode',
      'idempotency_in_progress',
      'idempotency_mismatch',
    ],
    description: 'Stored when this answers. A message to a room that fell asleep wakes it.',
    example: {
      roomId: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11',
      content: 'Where is my parcel?',
      clientMessageId: 'a1b2c3',
    },
  })
  async send(
    @Caller() caller: Principal,
    @Body() dto: SendMessageDto,
    @Once() once?: OnceKey,
  ): Promise<Answer<MessageView>> {
    if (once) return this.messages.sendOnce(caller, dto, once);
    const { message, duplicate } = await this.messages.send(caller, dto);
    return new Answer(duplicate ? HttpStatus.OK : HttpStatus.CREATED, message, duplicate);
  }

  @Get()
  @RequireScopes('messages:read')
  @Endpoint('List the messages of a room', {
    returns: MessagePageView,
    errors: ['not_found'],
    description: 'Newest first; `after` oldest first. One of before, after, around and cursor at most.',
  })
  async list(@Caller() caller: Principal, @Query() query: HistoryQuery): Promise<MessagePageView> {
    const { data, nextCursor } = await this.history.page(caller, query);
    return { data: data.map(MessageView.of), nextCursor };
  }

  @Get(':id')
  @RequireScopes('messages:read')
  @Endpoint('Show a message', { returns: MessageView })
  async show(@Caller() caller: Principal, @IdParam('id') id: string): Promise<MessageView> {
    return MessageView.of(await this.messages.get(caller, id));
  }
}

@ApiTags('Rooms')
@Controller('rooms/:id/events')
export class FeedController {
  constructor(private readonly feed: FeedService) {}

  @Get()
  @RequireScopes('messages:read')
  @Endpoint('Read the durable events of a room', {
    returns: FeedPageView,
    description: 'In order and without gaps, however long ago: how a client that was away catches up.',
  })
  async list(
    @Caller() caller: Principal,
    @IdParam('id') id: string,
    @Query() { limit, after, cursor }: FeedQuery,
  ): Promise<FeedPageView> {
    return this.feed.page(caller, id, limit, { after, cursor });
  }
}

@ApiTags('Rooms')
@Controller('rooms/:id/pins')
export class PinsController {
  constructor(private readonly history: HistoryService) {}

  @Get()
  @RequireScopes('messages:read')
  @Endpoint('List the pinned messages of a room', { returns: MessagePageView, description: 'The last pinned first.' })
  async list(
    @Caller() caller: Principal,
    @IdParam('id') id: string,
    @Query() { limit, cursor }: PageQuery,
  ): Promise<MessagePageView> {
    const { data, nextCursor } = await this.history.pinned(caller, id, limit, cursor);
    return { data: data.map(MessageView.of), nextCursor };
  }
}

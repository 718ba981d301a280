import { Int, PartList, Uuid } from '../../platform/http/index.js';
import { ChatGateway, Command } from '../../platform/realtime/index.js';
import { type Principal, RequireScopes } from '../../platform/security/index.js';
import { SendMessageDto } from './dto/message.dto.js';
import { FeedService, type SyncAnswer } from './feed.service.js';
import type { Written } from './message-writer.js';
import { MessagesService } from './messages.service.js';

const MAX_SYNC_ROOMS = 200;

export class RoomOffsetDto {
  @Uuid()
  readonly roomId: string;
  @Int({ min: 0, max: Number.MAX_SAFE_INTEGER, description: 'The last offset applied' })
  readonly offset: number;
}

export class SyncDto {
  @PartList(() => RoomOffsetDto, { min: 1, max: MAX_SYNC_ROOMS })
  readonly rooms: RoomOffsetDto[];
}

/** Reachable on both transports; the same service as REST. */
@ChatGateway()
export class MessagesGateway {
  constructor(
    private readonly messages: MessagesService,
    private readonly feed: FeedService,
  ) {}

  @Command('message.send', SendMessageDto)
  @RequireScopes('messages:write')
  send(caller: Principal, dto: SendMessageDto): Promise<Written> {
    return this.messages.send(caller, dto);
  }

  @Command('sync', SyncDto)
  @RequireScopes('messages:read')
  async sync(caller: Principal, { rooms }: SyncDto): Promise<{ rooms: SyncAnswer[] }> {
    const answers: SyncAnswer[] = [];
    for (const { roomId, offset } of rooms) answers.push(await this.feed.sync(caller, roomId, offset));
    return { rooms: answers };
  }
}

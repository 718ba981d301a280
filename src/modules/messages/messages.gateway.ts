import { Int, PartList, Uuid } from '../../platform/http/index.js';
import { ChatGateway, Command } from '../../platform/realtime/index.js';
import { asUser, type Principal, RequireScopes } from '../../platform/security/index.js';
import { EditCommandDto, MessageIdDto, ReactionCommandDto } from './dto/message-changes.dto.js';
import { SendMessageDto } from './dto/message.dto.js';
import { EditingService } from './editing.service.js';
import { FeedService, type SyncAnswer } from './feed.service.js';
import type { Written } from './message-writer.js';
import { MessageView } from './message.view.js';
import { MessagesService } from './messages.service.js';
import { type Reacted, ReactionsService } from './reactions.service.js';

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
    private readonly editing: EditingService,
    private readonly reactions: ReactionsService,
  ) {}

  @Command('message.send', SendMessageDto)
  @RequireScopes('messages:write')
  send(caller: Principal, dto: SendMessageDto): Promise<Written> {
    return this.messages.send(caller, dto);
  }

  @Command('message.edit', EditCommandDto)
  @RequireScopes('messages:write')
  async edit(caller: Principal, { messageId, content }: EditCommandDto): Promise<{ message: MessageView }> {
    return { message: MessageView.of(await this.editing.edit(caller, messageId, content)) };
  }

  @Command('message.delete', MessageIdDto)
  @RequireScopes('messages:write')
  async remove(caller: Principal, { messageId }: MessageIdDto): Promise<{ message: MessageView }> {
    return { message: MessageView.of(await this.editing.remove(caller, messageId)) };
  }

  @Command('reaction.add', ReactionCommandDto)
  @RequireScopes('messages:write')
  react(caller: Principal, { messageId, emoji }: ReactionCommandDto): Promise<Reacted> {
    return this.reactions.add(asUser(caller), messageId, emoji);
  }

  @Command('reaction.remove', ReactionCommandDto)
  @RequireScopes('messages:write')
  unreact(caller: Principal, { messageId, emoji }: ReactionCommandDto): Promise<Reacted> {
    return this.reactions.remove(asUser(caller), messageId, emoji);
  }

  @Command('sync', SyncDto)
  @RequireScopes('messages:read')
  async sync(caller: Principal, { rooms }: SyncDto): Promise<{ rooms: SyncAnswer[] }> {
    const answers: SyncAnswer[] = [];
    for (const { roomId, offset } of rooms) answers.push(await this.feed.sync(caller, roomId, offset));
    return { rooms: answers };
  }
}

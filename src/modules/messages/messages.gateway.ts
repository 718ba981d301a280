import { Int, PartList, Uuid } from '../../platform/http/index.js';
import { ChatGateway, Command } from '../../platform/realtime/index.js';
import { asUser, type Principal, RequireScopes } from '../../platform/security/index.js';
import { ChangedMessageView, SentView, SyncedView } from './commands.view.js';
import { EditCommandDto, MessageIdDto, ReactionCommandDto } from './dto/message-changes.dto.js';
import { SendMessageDto } from './dto/message.dto.js';
import { EditingService } from './editing.service.js';
import { FeedService, type SyncAnswer } from './feed.service.js';
import { MessageView, ReactedView } from './message.view.js';
import { MESSAGE_PUSHES } from './messages.events.js';
import { MessagesService } from './messages.service.js';
import { ReactionsService } from './reactions.service.js';

const MAX_SYNC_ROOMS = 200;
const REACTION_ERRORS = ['user_required', 'not_found', 'room_inactive', 'message_deleted'] as const;

export class RoomOffsetDto {
  @Uuid({ example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11' })
  readonly roomId: string;
  @Int({ min: 0, max: Number.MAX_SAFE_INTEGER, example: 57, description: 'The last offset applied' })
  readonly offset: number;
}

export class SyncDto {
  @PartList(() => RoomOffsetDto, { min: 1, max: MAX_SYNC_ROOMS })
  readonly rooms: RoomOffsetDto[];
}

/** Reachable on both transports; the same service as REST. */
@ChatGateway(MESSAGE_PUSHES)
export class MessagesGateway {
  constructor(
    private readonly messages: MessagesService,
    private readonly feed: FeedService,
    private readonly editing: EditingService,
    private readonly reactions: ReactionsService,
  ) {}

  @Command('message.send', {
    summary: 'Send a message; stored when this answers',
    input: SendMessageDto,
    returns: SentView,
    errors: [
      'user_required',
      'forbidden',
      'not_found',
      'room_inactive',
      'quota_exceeded',
      'slow_mode',
      'idempotency_mismatch',
    ],
  })
  @RequireScopes('messages:write')
  send(caller: Principal, dto: SendMessageDto): Promise<SentView> {
    return this.messages.send(caller, dto);
  }

  @Command('message.edit', {
    summary: 'Edit a message',
    input: EditCommandDto,
    returns: ChangedMessageView,
    errors: ['forbidden', 'not_found', 'room_inactive', 'message_deleted', 'too_many_edits'],
  })
  @RequireScopes('messages:write')
  async edit(caller: Principal, { messageId, content }: EditCommandDto): Promise<ChangedMessageView> {
    return { message: MessageView.of(await this.editing.edit(caller, messageId, content)) };
  }

  @Command('message.delete', {
    summary: 'Delete a message; its tombstone stays',
    input: MessageIdDto,
    returns: ChangedMessageView,
    errors: ['forbidden', 'not_found'],
  })
  @RequireScopes('messages:write')
  async remove(caller: Principal, { messageId }: MessageIdDto): Promise<ChangedMessageView> {
    return { message: MessageView.of(await this.editing.remove(caller, messageId)) };
  }

  @Command('reaction.add', {
    summary: 'React to a message',
    input: ReactionCommandDto,
    returns: ReactedView,
    errors: [...REACTION_ERRORS, 'too_many_reactions'],
  })
  @RequireScopes('messages:write')
  react(caller: Principal, { messageId, emoji }: ReactionCommandDto): Promise<ReactedView> {
    return this.reactions.add(asUser(caller), messageId, emoji);
  }

  @Command('reaction.remove', {
    summary: 'Take a reaction back',
    input: ReactionCommandDto,
    returns: ReactedView,
    errors: REACTION_ERRORS,
  })
  @RequireScopes('messages:write')
  unreact(caller: Principal, { messageId, emoji }: ReactionCommandDto): Promise<ReactedView> {
    return this.reactions.remove(asUser(caller), messageId, emoji);
  }

  @Command('sync', { summary: 'Fetch what was missed, room by room', input: SyncDto, returns: SyncedView })
  @RequireScopes('messages:read')
  async sync(caller: Principal, { rooms }: SyncDto): Promise<SyncedView> {
    const answers: SyncAnswer[] = [];
    for (const { roomId, offset } of rooms) answers.push(await this.feed.sync(caller, roomId, offset));
    return { rooms: answers };
  }
}

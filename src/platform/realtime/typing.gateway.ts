import { type Principal, RequireScopes } from '../security/index.js';
import { ChatGateway, Command } from './command.js';
import type { Connection } from './connection.js';
import { RoomTopicDto } from './connection.gateway.js';
import { RoomTopicView } from './realtime.view.js';
import { Typing } from './typing.js';

const ERRORS = ['user_required', 'not_found'] as const;

@ChatGateway()
export class TypingGateway {
  constructor(private readonly typing: Typing) {}

  @Command('typing.start', {
    summary: 'Say that the user types',
    input: RoomTopicDto,
    returns: RoomTopicView,
    errors: ERRORS,
  })
  @RequireScopes('messages:write')
  async start(_caller: Principal, { roomId }: RoomTopicDto, connection: Connection): Promise<RoomTopicView> {
    this.typing.start(connection, roomId);
    return { roomId };
  }

  @Command('typing.stop', {
    summary: 'Say that the user types no longer',
    input: RoomTopicDto,
    returns: RoomTopicView,
    errors: ERRORS,
  })
  @RequireScopes('messages:write')
  async stop(_caller: Principal, { roomId }: RoomTopicDto, connection: Connection): Promise<RoomTopicView> {
    this.typing.stop(connection, roomId);
    return { roomId };
  }
}

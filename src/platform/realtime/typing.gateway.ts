import { type Principal, RequireScopes } from '../security/index.js';
import { ChatGateway, Command } from './command.js';
import type { Connection } from './connection.js';
import { RoomTopicDto } from './connection.gateway.js';
import { Typing } from './typing.js';

@ChatGateway()
export class TypingGateway {
  constructor(private readonly typing: Typing) {}

  @Command('typing.start', RoomTopicDto)
  @RequireScopes('messages:write')
  async start(_caller: Principal, { roomId }: RoomTopicDto, connection: Connection): Promise<RoomTopicDto> {
    this.typing.start(connection, roomId);
    return { roomId };
  }

  @Command('typing.stop', RoomTopicDto)
  @RequireScopes('messages:write')
  async stop(_caller: Principal, { roomId }: RoomTopicDto, connection: Connection): Promise<RoomTopicDto> {
    this.typing.stop(connection, roomId);
    return { roomId };
  }
}

import { NotFound } from '../errors/index.js';
import { Uuid } from '../http/index.js';
import { AnyKey, MasterOnly, type Principal } from '../security/index.js';
import { ChatGateway, Command, NoInput } from './command.js';
import type { Connection } from './connection.js';
import { Hub } from './hub.js';
import { RoomDirectory } from './room-directory.js';

export class RoomTopicDto {
  @Uuid()
  readonly roomId: string;
}

/** Commands about the socket itself. */
@ChatGateway()
export class ConnectionGateway {
  constructor(
    private readonly hub: Hub,
    private readonly rooms: RoomDirectory,
  ) {}

  @Command('ping', NoInput)
  @AnyKey()
  ping(): Promise<object> {
    return Promise.resolve({ ts: new Date().toISOString() });
  }

  /** A master key's socket hears only what it subscribes to. */
  @Command('room.subscribe', RoomTopicDto)
  @MasterOnly()
  async subscribe(caller: Principal, { roomId }: RoomTopicDto, connection: Connection): Promise<object> {
    if (!(await this.rooms.maySee(caller, roomId))) throw new NotFound();
    if (this.hub.isOpen(connection)) this.hub.hear(connection, roomId);
    const [head] = await this.rooms.heads([{ clientId: caller.clientId, roomId }]);
    return { roomId, head: head?.head ?? 0, lastSeq: head?.lastSeq ?? 0 };
  }

  @Command('room.unsubscribe', RoomTopicDto)
  @MasterOnly()
  unsubscribe(_caller: Principal, { roomId }: RoomTopicDto, connection: Connection): Promise<object> {
    this.hub.unhear(connection, roomId);
    return Promise.resolve({ roomId });
  }
}

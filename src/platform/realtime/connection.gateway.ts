import { NotFound } from '../errors/index.js';
import { Uuid } from '../http/index.js';
import { AnyKey, MasterOnly, type Principal } from '../security/index.js';
import { ChatGateway, Command, NoInputDto } from './command.js';
import type { Connection } from './connection.js';
import { Hub } from './hub.js';
import { REALTIME_PUSHES } from './realtime.events.js';
import { PongView, RoomTopicView, SubscribedView } from './realtime.view.js';
import { RoomDirectory } from './room-directory.js';

export class RoomTopicDto {
  @Uuid({ example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11' })
  readonly roomId: string;
}

/** Commands about the socket itself. */
@ChatGateway(REALTIME_PUSHES)
export class ConnectionGateway {
  constructor(
    private readonly hub: Hub,
    private readonly rooms: RoomDirectory,
  ) {}

  @Command('ping', { summary: 'Ask whether the service answers', input: NoInputDto, returns: PongView })
  @AnyKey()
  ping(): Promise<PongView> {
    return Promise.resolve({ ts: new Date().toISOString() });
  }

  /** A master key's socket hears only what it subscribes to. */
  @Command('room.subscribe', {
    summary: 'Hear a room',
    input: RoomTopicDto,
    returns: SubscribedView,
    errors: ['not_found'],
  })
  @MasterOnly()
  async subscribe(caller: Principal, { roomId }: RoomTopicDto, connection: Connection): Promise<SubscribedView> {
    if (!(await this.rooms.maySee(caller, roomId))) throw new NotFound();
    if (this.hub.isOpen(connection)) this.hub.hear(connection, roomId);
    const [head] = await this.rooms.heads([{ clientId: caller.clientId, roomId }]);
    return { roomId, head: head?.head ?? 0, lastSeq: head?.lastSeq ?? 0 };
  }

  @Command('room.unsubscribe', { summary: 'Hear a room no longer', input: RoomTopicDto, returns: RoomTopicView })
  @MasterOnly()
  unsubscribe(_caller: Principal, { roomId }: RoomTopicDto, connection: Connection): Promise<RoomTopicView> {
    this.hub.unhear(connection, roomId);
    return Promise.resolve({ roomId });
  }
}

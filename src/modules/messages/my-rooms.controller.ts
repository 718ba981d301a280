import { Controller, Get, Query } from '@nestjs/common';
import { ApiProperty, ApiTags } from '@nestjs/swagger';
import { Endpoint, PageQuery, pageOf } from '../../platform/http/index.js';
import { CallingUser, RequireScopes, type UserPrincipal } from '../../platform/security/index.js';
import { activityPlace, type MemberRole, type RoomOfUser, RoomsRepository, RoomView } from '../rooms/index.js';
import { MessageView } from './dto/message.dto.js';
import { MessagesRepository, type StoredMessage } from './messages.repository.js';

class MyRoomView extends RoomView {
  @ApiProperty({ enum: ['owner', 'admin', 'member'], example: 'owner' }) readonly role: MemberRole;
  @ApiProperty({ example: 2 }) readonly unreadCount: number;
  @ApiProperty({ example: 39 }) readonly lastReadSeq: number;
  @ApiProperty({ type: MessageView, nullable: true }) readonly lastMessage: MessageView | null;

  static ofMine(room: RoomOfUser, last: StoredMessage | undefined): MyRoomView {
    const { role, lastReadSeq, lastSeq } = room;
    return { ...RoomView.of(room), role, unreadCount: lastSeq - lastReadSeq, lastReadSeq, lastMessage: last ? MessageView.of(last) : null };
  }
}

class MyRoomPageView {
  @ApiProperty({ type: [MyRoomView] }) readonly data: MyRoomView[];
  @ApiProperty({ type: String, nullable: true, example: null }) readonly nextCursor: string | null;
}

/** The rooms of a user with their last messages: here, because rooms know nothing of messages. */
@ApiTags('Rooms')
@Controller('rooms')
export class MyRoomsController {
  constructor(
    private readonly rooms: RoomsRepository,
    private readonly messages: MessagesRepository,
  ) {}

  @Get()
  @RequireScopes('rooms:read')
  @Endpoint('List the rooms of the user', { returns: MyRoomPageView, errors: ['user_required'], description: 'Newest activity first, with unread counts and the last message.' })
  async list(@CallingUser() { clientId, userId }: UserPrincipal, @Query() { limit, cursor }: PageQuery): Promise<MyRoomPageView> {
    const rooms = await this.rooms.pageOfUser(clientId, userId, limit, activityPlace(cursor));
    const places = rooms.filter(({ lastSeq }) => lastSeq > 0).map(({ id, lastSeq }) => ({ roomId: id, seq: lastSeq }));
    const last = new Map((places.length > 0 ? await this.messages.atSeqs(clientId, places) : []).map((message) => [message.roomId, message]));
    return pageOf(rooms, limit, (room) => MyRoomView.ofMine(room, last.get(room.id)), ({ lastActivityAt, id }) => [lastActivityAt.toISOString(), id]);
  }
}

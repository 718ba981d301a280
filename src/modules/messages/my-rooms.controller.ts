import { Controller, Get, Query } from '@nestjs/common';
import { ApiProperty, ApiTags } from '@nestjs/swagger';
import { Endpoint, PageQuery, pageOf } from '../../platform/http/index.js';
import { CallingUser, RequireScopes, type UserPrincipal } from '../../platform/security/index.js';
import { activityPlace, type MemberRole, RoomView } from '../rooms/index.js';
import { MessageView } from './message.view.js';
import { type MyRoom, MyRoomsService } from './my-rooms.service.js';

class MyRoomView extends RoomView {
  @ApiProperty({ enum: ['owner', 'admin', 'member'], example: 'owner' }) readonly role: MemberRole;
  @ApiProperty({ description: 'By the user: nothing of it escalates to them', example: false })
  readonly muted: boolean;
  @ApiProperty({ type: 'integer', example: 2 }) readonly unreadCount: number;
  @ApiProperty({ type: 'integer', example: 39 }) readonly lastReadSeq: number;
  @ApiProperty({ type: MessageView, nullable: true }) readonly lastMessage: MessageView | null;

  static ofMine({ room, lastMessage }: MyRoom): MyRoomView {
    const { role, muted, lastReadSeq, lastSeq } = room;
    return {
      ...RoomView.of(room),
      role,
      muted,
      unreadCount: lastSeq - lastReadSeq,
      lastReadSeq,
      lastMessage: lastMessage && MessageView.of(lastMessage),
    };
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
  constructor(private readonly rooms: MyRoomsService) {}

  @Get()
  @RequireScopes('rooms:read')
  @Endpoint('List the rooms of the user', {
    returns: MyRoomPageView,
    errors: ['user_required'],
    description: 'Newest activity first, with unread counts and the last message.',
  })
  async list(@CallingUser() caller: UserPrincipal, @Query() { limit, cursor }: PageQuery): Promise<MyRoomPageView> {
    const rows = await this.rooms.page(caller, limit, activityPlace(cursor));
    return pageOf(rows, limit, MyRoomView.ofMine, ({ room }) => [room.lastActivityAt.toISOString(), room.id]);
  }
}

import { ApiProperty, getSchemaPath, ApiExtraModels } from '@nestjs/swagger';
import { plainToInstance, Transform } from 'class-transformer';
import { ArrayMaxSize, IsArray, ValidateNested } from 'class-validator';
import { Flag, Int, JsonObject, OneOf, PageQuery, Part, Text, UserIdField } from '../../../platform/http/index.js';
import { MEMBER_ROLES, type MemberRole } from '../room-member.entity.js';
import { type Room, ROOM_TYPES, type RoomSettings, type RoomStatus, type RoomType } from '../room.entity.js';

export const MAX_FIRST_MEMBERS = 1_000;
const MAX_MEMBERS = 1_000_000;

export class RoomSettingsDto implements RoomSettings {
  @Flag({ optional: true, example: false, description: 'In a channel: every member may post' })
  readonly openPosting?: boolean;
  @Flag({ optional: true, example: false })
  readonly membersCanInvite?: boolean;
  @Flag({ optional: true, example: false, description: 'Never deactivated for inactivity' })
  readonly keepActive?: boolean;
  @Int({ min: 1, max: 3_650, optional: true, example: 14, description: 'Instead of the days of its type' })
  readonly inactivityDays?: number;
}

export class FirstMemberDto {
  @UserIdField()
  readonly userId: string;
  @OneOf(MEMBER_ROLES, { optional: true, default: 'member' })
  readonly role: MemberRole = 'member';
}

/** A bare user id stands for a member. */
const asMember = (value: unknown): unknown => plainToInstance(FirstMemberDto, typeof value === 'string' ? { userId: value } : value);

@ApiExtraModels(FirstMemberDto)
export class CreateRoomDto {
  @OneOf(ROOM_TYPES, { example: 'support' })
  readonly type: RoomType;
  @Text({ max: 200, optional: true, example: 'Order 4711' })
  readonly name?: string;
  @Text({ max: 2_000, optional: true, example: 'Where is my parcel?' })
  readonly description?: string;
  @ApiProperty({
    required: false,
    type: 'array',
    maxItems: MAX_FIRST_MEMBERS,
    items: { oneOf: [{ type: 'string', minLength: 1, maxLength: 128 }, { $ref: getSchemaPath(FirstMemberDto) }] },
    example: ['bob', { userId: 'carol', role: 'admin' }],
  })
  @Transform(({ value }: { value: unknown }) => (Array.isArray(value) ? value.map(asMember) : value))
  @IsArray()
  @ArrayMaxSize(MAX_FIRST_MEMBERS)
  @ValidateNested({ each: true })
  readonly members: FirstMemberDto[] = [];
  @Int({ min: 1, max: MAX_MEMBERS, optional: true, example: 100 })
  readonly maxMembers?: number;
  @Part(() => RoomSettingsDto, { optional: true })
  readonly settings?: RoomSettingsDto;
  @JsonObject({ optional: true })
  readonly metadata?: Record<string, unknown>;
}

export class AddMemberDto {
  @UserIdField({ example: 'bob' })
  readonly userId: string;
  @OneOf(['admin', 'member'], { optional: true, default: 'member' })
  readonly role: MemberRole = 'member';
}

export class ReadDto {
  @Int({ min: 0, max: Number.MAX_SAFE_INTEGER, example: 42, description: 'The last message read' })
  readonly seq: number;
}

export class AllRoomsQuery extends PageQuery {
  @OneOf(ROOM_TYPES, { optional: true })
  readonly type?: RoomType;
  @OneOf(['active', 'inactive'], { optional: true })
  readonly status?: RoomStatus;
  @UserIdField({ optional: true })
  readonly createdBy?: string;
  @UserIdField({ optional: true })
  readonly memberId?: string;
}

const time = (at: Date | null): string | null => at?.toISOString() ?? null;

export class RoomView {
  @ApiProperty({ format: 'uuid', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11' }) readonly id: string;
  @ApiProperty({ enum: ROOM_TYPES, example: 'support' }) readonly type: RoomType;
  @ApiProperty({ type: String, nullable: true, example: 'Order 4711' }) readonly name: string | null;
  @ApiProperty({ type: String, nullable: true, example: null }) readonly description: string | null;
  @ApiProperty({ enum: ['active', 'inactive'], example: 'active' }) readonly status: RoomStatus;
  @ApiProperty({ type: String, enum: ['manual', 'inactivity', null], nullable: true, example: null }) readonly deactivatedReason: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null }) readonly deactivatedAt: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null }) readonly lastMessageAt: string | null;
  @ApiProperty({ description: 'Number of the last message', example: 41 }) readonly lastSeq: number;
  @ApiProperty({ description: 'Number of the last durable event', example: 57 }) readonly head: number;
  @ApiProperty({ example: 2 }) readonly memberCount: number;
  @ApiProperty({ type: Number, nullable: true, example: null }) readonly maxMembers: number | null;
  @ApiProperty({ type: RoomSettingsDto, example: {} }) readonly settings: RoomSettings;
  @ApiProperty({ type: 'object', additionalProperties: true, example: { order: 4711 } }) readonly metadata: Record<string, unknown>;
  @ApiProperty({ type: String, nullable: true, example: 'ann' }) readonly createdBy: string | null;
  @ApiProperty({ format: 'date-time', example: '2026-11-24T09:30:00.000Z' }) readonly createdAt: string;
  @ApiProperty({ format: 'date-time', example: '2026-11-24T09:30:00.000Z' }) readonly updatedAt: string;

  static of(room: Room): RoomView {
    const { id, type, name, description, status, deactivatedReason, lastSeq, head, memberCount, maxMembers, settings, metadata, createdBy } = room;
    return {
      ...{ id, type, name, description, status, deactivatedReason },
      deactivatedAt: time(room.deactivatedAt),
      lastMessageAt: time(room.lastMessageAt),
      ...{ lastSeq, head, memberCount, maxMembers, settings, metadata, createdBy },
      createdAt: room.createdAt.toISOString(),
      updatedAt: room.updatedAt.toISOString(),
    };
  }
}

export class MemberView {
  @ApiProperty({ example: 'ann' }) readonly userId: string;
  @ApiProperty({ enum: MEMBER_ROLES, example: 'owner' }) readonly role: MemberRole;
  @ApiProperty({ format: 'date-time', example: '2026-11-24T09:30:00.000Z' }) readonly joinedAt: string;

  static of({ userId, role, joinedAt }: { userId: string; role: MemberRole; joinedAt: Date }): MemberView {
    return { userId, role, joinedAt: joinedAt.toISOString() };
  }
}

export class MemberPageView {
  @ApiProperty({ type: [MemberView] }) readonly data: MemberView[];
  @ApiProperty({ type: String, nullable: true, example: null }) readonly nextCursor: string | null;
}

export class RoomPageView {
  @ApiProperty({ type: [RoomView] }) readonly data: RoomView[];
  @ApiProperty({ type: String, nullable: true, example: null }) readonly nextCursor: string | null;
}

export class ReadView {
  @ApiProperty({ format: 'uuid', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11' }) readonly roomId: string;
  @ApiProperty({ example: 41 }) readonly lastReadSeq: number;
  @ApiProperty({ example: 0 }) readonly unreadCount: number;
}

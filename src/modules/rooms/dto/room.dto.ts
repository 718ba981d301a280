import { ApiProperty, getSchemaPath, ApiExtraModels } from '@nestjs/swagger';
import { plainToInstance, Transform } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsObject, ValidateNested } from 'class-validator';
import { Flag, Int, JsonObject, OneOf, PageQuery, Part, Text, UserIdField } from '../../../platform/http/index.js';
import { MEMBER_ROLES, type MemberRole } from '../room-member.entity.js';
import { ROOM_TYPES, type RoomSettings, type RoomStatus, type RoomType } from '../room.entity.js';

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
const asMember = (value: unknown): unknown =>
  plainToInstance(FirstMemberDto, typeof value === 'string' ? { userId: value } : value);

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
  @IsObject({ each: true })
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

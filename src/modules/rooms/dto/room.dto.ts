import { ApiProperty, getSchemaPath, ApiExtraModels } from '@nestjs/swagger';
import { plainToInstance, Transform } from 'class-transformer';
import { IsArray, IsObject, ValidateNested } from 'class-validator';
import {
  AtMost,
  Choices,
  Flag,
  Int,
  JsonObject,
  OneOf,
  PageQuery,
  Part,
  Text,
  Time,
  UserIdField,
} from '../../../platform/http/index.js';
import { MEMBER_ROLES, type MemberRole } from '../room-member.entity.js';
import { type Escalation, ESCALATION_CHANNELS, ROOM_TYPES, type RoomStatus, type RoomType } from '../room.entity.js';
import { DURATION, type SettingsChange } from '../rooms.rules.js';
import type { RoomPatch } from '../rooms.service.js';

export const MAX_FIRST_MEMBERS = 1_000;
const MAX_MEMBERS = 1_000_000;

export class RoomEscalationDto implements Escalation {
  @Int({ min: 1, max: 604_800, example: 300, description: 'How long a message stays unread before it goes out' })
  readonly afterSeconds: number;
  @Choices(ESCALATION_CHANNELS, { example: ['push', 'email'], description: 'In this order; none: not at all' })
  readonly channels: Escalation['channels'];
}

/** In a PATCH only the settings that are sent change; null takes one away. */
export class RoomSettingsDto implements SettingsChange {
  @Flag({ optional: true, nullable: true, example: false, description: 'In a channel: every member may post' })
  readonly openPosting?: boolean | null;
  @Flag({ optional: true, nullable: true, example: false, description: 'Every member may add members' })
  readonly membersCanInvite?: boolean | null;
  @Int({
    min: 0,
    max: 86_400,
    optional: true,
    nullable: true,
    example: 30,
    description:
      'How long a member waits between two messages; 0: not at all. Owner, admins and master keys never wait',
  })
  readonly slowModeSeconds?: number | null;
  @Flag({ optional: true, nullable: true, example: false, description: 'Never deactivated for inactivity' })
  readonly keepActive?: boolean | null;
  @Int({
    min: 1,
    max: 3_650,
    optional: true,
    nullable: true,
    example: 14,
    description: 'Instead of the days of its type',
  })
  readonly inactivityDays?: number | null;
  @Part(() => RoomEscalationDto, { optional: true, nullable: true, description: 'Instead of the client’s' })
  readonly escalation?: RoomEscalationDto | null;
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
  @AtMost(MAX_FIRST_MEMBERS)
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

export class UpdateRoomDto implements RoomPatch {
  @Text({ max: 200, optional: true, nullable: true, example: 'Order 4711' })
  readonly name?: string | null;
  @Text({ max: 2_000, optional: true, nullable: true, example: 'Where is my parcel?' })
  readonly description?: string | null;
  @Int({ min: 1, max: MAX_MEMBERS, optional: true, nullable: true, example: 100, description: 'null: no limit' })
  readonly maxMembers?: number | null;
  @Part(() => RoomSettingsDto, { optional: true })
  readonly settings?: RoomSettingsDto;
  @JsonObject({ optional: true, description: 'In place of what was there' })
  readonly metadata?: Record<string, unknown>;
}

export class AddMemberDto {
  @UserIdField({ example: 'bob' })
  readonly userId: string;
  @OneOf(['admin', 'member'], { optional: true, default: 'member' })
  readonly role: MemberRole = 'member';
}

export class ChangeRoleDto {
  @OneOf(MEMBER_ROLES, { example: 'admin', description: 'owner: hands the room over' })
  readonly role: MemberRole;
}

export class BanDto {
  @UserIdField({ example: 'bob' })
  readonly userId: string;
  @Time({ optional: true, nullable: true, description: 'When the ban ends by itself; never when absent' })
  readonly until?: string | null;
  @Text({ max: 500, optional: true, nullable: true, example: 'Advertising' })
  readonly reason?: string | null;
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

export class ExpiringQuery extends PageQuery {
  @Text({
    max: 6,
    pattern: DURATION,
    optional: true,
    default: '1d',
    example: '36h',
    description: 'Seconds, minutes, hours or days: `90s`, `45m`, `36h`, `7d`',
  })
  readonly within: string = '1d';
}

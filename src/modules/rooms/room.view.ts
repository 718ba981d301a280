import { ApiProperty } from '@nestjs/swagger';
import type { RoomBan } from './bans.repository.js';
import type { ExpiringRoom } from './lifecycle.repository.js';
import { MEMBER_ROLES, type MemberRole } from './room-member.entity.js';
import {
  type Escalation,
  ESCALATION_CHANNELS,
  type Room,
  ROOM_TYPES,
  type RoomSettings,
  type RoomStatus,
  type RoomType,
} from './room.entity.js';

const time = (at: Date | null): string | null => at?.toISOString() ?? null;

export class EscalationView implements Escalation {
  @ApiProperty({ type: 'integer', example: 300 }) readonly afterSeconds: number;
  @ApiProperty({ enum: ESCALATION_CHANNELS, isArray: true, example: ['push', 'email'] })
  readonly channels: Escalation['channels'];
}

/** As set at creation or by a change. */
export class RoomSettingsView implements RoomSettings {
  @ApiProperty({ required: false, example: false }) readonly openPosting?: boolean;
  @ApiProperty({ required: false, example: false }) readonly membersCanInvite?: boolean;
  @ApiProperty({ type: 'integer', required: false, example: 30 }) readonly slowModeSeconds?: number;
  @ApiProperty({ required: false, example: false }) readonly keepActive?: boolean;
  @ApiProperty({ type: 'integer', required: false, example: 14 }) readonly inactivityDays?: number;
  @ApiProperty({ type: () => EscalationView, required: false }) readonly escalation?: EscalationView;
}

/** A room as callers see it: in answers, events and webhooks alike. */
export class RoomView {
  @ApiProperty({ format: 'uuid', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11' }) readonly id: string;
  @ApiProperty({ enum: ROOM_TYPES, example: 'support' }) readonly type: RoomType;
  @ApiProperty({ type: String, nullable: true, example: 'Order 4711' }) readonly name: string | null;
  @ApiProperty({ type: String, nullable: true, example: null }) readonly description: string | null;
  @ApiProperty({ enum: ['active', 'inactive'], example: 'active' }) readonly status: RoomStatus;
  @ApiProperty({ type: String, enum: ['manual', 'inactivity', null], nullable: true, example: null })
  readonly deactivatedReason: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null }) readonly deactivatedAt:
    string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null }) readonly lastMessageAt:
    string | null;
  @ApiProperty({ type: 'integer', description: 'Number of the last message', example: 41 }) readonly lastSeq: number;
  @ApiProperty({ type: 'integer', description: 'Number of the last durable event', example: 57 }) readonly head: number;
  @ApiProperty({ type: 'integer', example: 2 }) readonly memberCount: number;
  @ApiProperty({ type: 'integer', nullable: true, example: null }) readonly maxMembers: number | null;
  @ApiProperty({ type: () => RoomSettingsView, example: {} }) readonly settings: RoomSettings;
  @ApiProperty({ type: 'object', additionalProperties: true, example: { order: 4711 } }) readonly metadata: Record<
    string,
    unknown
  >;
  @ApiProperty({ type: String, nullable: true, example: 'ann' }) readonly createdBy: string | null;
  @ApiProperty({ format: 'date-time', example: '2026-11-24T09:30:00.000Z' }) readonly createdAt: string;
  @ApiProperty({ format: 'date-time', example: '2026-11-24T09:30:00.000Z' }) readonly updatedAt: string;

  static of(room: Room): RoomView {
    const {
      id,
      type,
      name,
      description,
      status,
      deactivatedReason,
      lastSeq,
      head,
      memberCount,
      maxMembers,
      settings,
      metadata,
      createdBy,
    } = room;
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

export class BanView {
  @ApiProperty({ example: 'bob' }) readonly userId: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null }) readonly until: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'Advertising' }) readonly reason: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'ann' }) readonly bannedBy: string | null;
  @ApiProperty({ format: 'date-time', example: '2026-11-24T09:30:00.000Z' }) readonly createdAt: string;

  static of({ userId, until, reason, bannedBy, createdAt }: RoomBan): BanView {
    return { userId, until: time(until), reason, bannedBy, createdAt: createdAt.toISOString() };
  }
}

export class BanPageView {
  @ApiProperty({ type: [BanView] }) readonly data: BanView[];
  @ApiProperty({ type: String, nullable: true, example: null }) readonly nextCursor: string | null;
}

export class ExpiringRoomView {
  @ApiProperty({ format: 'uuid', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11' }) readonly roomId: string;
  @ApiProperty({ enum: ROOM_TYPES, example: 'support' }) readonly type: RoomType;
  @ApiProperty({ format: 'date-time', example: '2026-12-01T09:30:00.000Z' }) readonly deactivatesAt: string;

  static of({ roomId, type, deactivatesAt }: ExpiringRoom): ExpiringRoomView {
    return { roomId, type, deactivatesAt: deactivatesAt.toISOString() };
  }
}

export class ExpiringPageView {
  @ApiProperty({ type: [ExpiringRoomView] }) readonly data: ExpiringRoomView[];
  @ApiProperty({ type: String, nullable: true, example: null }) readonly nextCursor: string | null;
}

export class ReadView {
  @ApiProperty({ format: 'uuid', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11' }) readonly roomId: string;
  @ApiProperty({ type: 'integer', example: 41 }) readonly lastReadSeq: number;
  @ApiProperty({ type: 'integer', example: 0 }) readonly unreadCount: number;
}

export class DeliveredView {
  @ApiProperty({ format: 'uuid', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11' }) readonly roomId: string;
  @ApiProperty({ type: 'integer', example: 41 }) readonly lastDeliveredSeq: number;
}

/** What `receipt.updated` carries. */
export class ReceiptsView {
  @ApiProperty({ example: 'bob' }) readonly userId: string;
  @ApiProperty({ type: 'integer', example: 41 }) readonly deliveredSeq: number;
  @ApiProperty({ type: 'integer', example: 39 }) readonly readSeq: number;
}

import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { SocketLimits } from './limits.js';
import { PRESENCES, type PresenceOf, type PresenceStatus } from './presence/presence.status.js';
import type { RoomPosition } from './room-directory.js';

const ROOM_ID = { format: 'uuid', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11' } as const;
const HEAD = { type: 'integer', description: 'Number of the last durable event', example: 57 } as const;
const LAST_SEQ = { type: 'integer', description: 'Number of the last message', example: 41 } as const;
const USER_ID = { example: 'ann' } as const;

export class PongView {
  @ApiProperty({ format: 'date-time', example: '2026-11-24T09:30:00.000Z' }) readonly ts: string;
}

export class RoomTopicView {
  @ApiProperty(ROOM_ID) readonly roomId: string;
}

export class RoomHeadView {
  @ApiProperty(HEAD) readonly head: number;
  @ApiProperty(LAST_SEQ) readonly lastSeq: number;
}

/** Where a room stood when the socket began to hear it. */
export class SubscribedView extends RoomHeadView {
  @ApiProperty(ROOM_ID) readonly roomId: string;
}

export class RoomPositionView implements RoomPosition {
  @ApiProperty(ROOM_ID) readonly roomId: string;
  @ApiProperty(HEAD) readonly head: number;
  @ApiProperty(LAST_SEQ) readonly lastSeq: number;
  @ApiProperty({ type: 'integer', example: 2 }) readonly unreadCount: number;
}

export class SocketLimitsView implements SocketLimits {
  @ApiProperty({ type: 'integer', example: 25_000, description: 'Of the client, over all processes' })
  readonly connections: number;
  @ApiProperty({ type: 'integer', example: 20, description: 'Of each user, over all processes' })
  readonly connectionsPerUser: number;
  @ApiProperty({ type: 'integer', example: 50, description: 'Of each socket' }) readonly commandsPerSecond: number;
  @ApiProperty({ type: 'integer', example: 32, description: 'Of each socket, without an answer yet' })
  readonly commandsInFlight: number;
  @ApiProperty({ type: 'integer', example: 65_536 }) readonly frameBytes: number;
}

export class ReadyView {
  @ApiProperty({ format: 'uuid', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c13' }) readonly connectionId: string;
  @ApiProperty({ type: String, nullable: true, description: 'Null for a master key', example: 'ann' })
  readonly userId: string | null;
  @ApiProperty({ format: 'uuid', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c10' }) readonly clientId: string;
  @ApiProperty({ type: [RoomPositionView] }) readonly rooms: readonly RoomPositionView[];
  @ApiProperty({ type: SocketLimitsView }) readonly limits: SocketLimitsView;
}

class MissedRoomView extends RoomHeadView {
  @ApiProperty(ROOM_ID) readonly roomId: string;
  @ApiPropertyOptional({ type: 'integer', description: 'Not for a master key', example: 2 })
  readonly unreadCount?: number;
}

export class SyncRequiredView {
  @ApiProperty({ type: [MissedRoomView], description: 'All the socket hears from now on' })
  readonly rooms: readonly MissedRoomView[];
}

export class DrainingView {
  @ApiProperty({ type: 'integer', description: 'When the socket is closed; come back then', example: 1_250 })
  readonly reconnectAfterMs: number;
}

export class TypistView {
  @ApiProperty(USER_ID) readonly userId: string;
}

export class PresenceStatusView {
  @ApiProperty({ enum: PRESENCES, example: 'away' }) readonly status: PresenceStatus;
}

export class PresenceChangeView extends PresenceStatusView {
  @ApiProperty(USER_ID) readonly userId: string;
}

class PresenceView extends PresenceChangeView implements PresenceOf {
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: '2026-11-24T09:30:00.000Z' })
  readonly lastSeenAt: string | null;
}

export class PresencesView {
  @ApiProperty({ type: [PresenceView], description: 'One for each that was asked for, in that order' })
  readonly users: readonly PresenceView[];
}

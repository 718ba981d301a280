import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';

export const ROOM_TYPES = ['support', 'group', 'direct', 'channel'] as const;
export type RoomType = (typeof ROOM_TYPES)[number];
export type RoomStatus = 'active' | 'inactive';
export type DeactivationReason = 'manual' | 'inactivity';

/** What unread messages escalate to, in this order of trying. */
export const ESCALATION_CHANNELS = ['push', 'email', 'sms'] as const;

/** A message still unread after so long by a member who is away goes out on these channels. */
export interface Escalation {
  readonly afterSeconds: number;
  readonly channels: readonly (typeof ESCALATION_CHANNELS)[number][];
}

export interface RoomSettings {
  readonly openPosting?: boolean;
  readonly membersCanInvite?: boolean;
  readonly slowModeSeconds?: number;
  readonly keepActive?: boolean;
  readonly inactivityDays?: number;
  readonly escalation?: Escalation;
}

@Entity('rooms')
export class Room {
  @PrimaryColumn('uuid') readonly clientId: string;
  @PrimaryColumn('uuid') readonly id: string;
  @Column('varchar', { length: 8 }) readonly type: RoomType;
  @Column('varchar', { length: 200, nullable: true }) readonly name: string | null;
  @Column('varchar', { length: 2000, nullable: true }) readonly description: string | null;
  @Column('varchar', { length: 8, default: 'active' }) readonly status: RoomStatus;
  @Column('varchar', { length: 10, nullable: true }) readonly deactivatedReason: DeactivationReason | null;
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) readonly deactivatedAt: Date | null;
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) readonly lastMessageAt: Date | null;
  /** The last thing that counts as use: making, a user's message, activating by hand. */
  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' }) readonly lastActivityAt: Date;
  /** Number of the last message. */
  @Column('bigint', { default: 0 }) readonly lastSeq: number;
  /** Number of the last durable event. */
  @Column('bigint', { default: 0 }) readonly head: number;
  @Column('integer', { default: 0 }) readonly memberCount: number;
  @Column('integer', { nullable: true }) readonly maxMembers: number | null;
  @Column('jsonb', { default: {} }) readonly settings: RoomSettings;
  @Column('jsonb', { default: {} }) readonly metadata: Record<string, unknown>;
  @Column('varchar', { length: 128, nullable: true }) readonly createdBy: string | null;
  /** Of a direct room: the pair, so that there is one such room whoever asks first. */
  @Column('varchar', { length: 270, nullable: true }) readonly directKey: string | null;
  @CreateDateColumn({ type: 'timestamptz', precision: 3 }) readonly createdAt: Date;
  @UpdateDateColumn({ type: 'timestamptz', precision: 3 }) readonly updatedAt: Date;
}

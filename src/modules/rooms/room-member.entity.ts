import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/** From the most that one may do to the least. */
export const MEMBER_ROLES = ['owner', 'admin', 'member'] as const;
export type MemberRole = (typeof MEMBER_ROLES)[number];

@Entity('room_members')
export class RoomMember {
  @PrimaryColumn('uuid') readonly clientId: string;
  @PrimaryColumn('uuid') readonly roomId: string;
  @PrimaryColumn('varchar', { length: 128 }) readonly userId: string;
  @Column('varchar', { length: 8 }) readonly role: MemberRole;
  @Column('bigint', { default: 0 }) readonly lastReadSeq: number;
  @Column('bigint', { default: 0 }) readonly lastDeliveredSeq: number;
  /** Since when the member wants no escalation of this room. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) readonly mutedAt: Date | null;
  @CreateDateColumn({ type: 'timestamptz', precision: 3 }) readonly joinedAt: Date;
}

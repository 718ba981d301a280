import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';
import type { DeliveryReason, DeliveryStatus } from './delivery-status.js';

const nullableTime = { type: 'timestamptz', precision: 3, nullable: true } as const;

@Entity('deliveries')
export class Delivery {
  @PrimaryColumn('uuid') readonly clientId: string;
  @PrimaryColumn('uuid') readonly id: string;
  @Column('uuid') readonly notificationId: string;
  @Column('varchar', { length: 16 }) readonly channel: string;
  /** The address on the channel: an email address, a user id, a room id. */
  @Column('varchar', { length: 500 }) readonly recipient: string;
  @Column('varchar', { length: 200, nullable: true }) readonly recipientName: string | null;
  @Column('varchar', { length: 128, nullable: true }) readonly userId: string | null;
  @Column('uuid', { nullable: true }) readonly roomId: string | null;
  @Column('varchar', { length: 16, nullable: true }) readonly addressKind: string | null;
  @Column('uuid', { nullable: true }) readonly deviceId: string | null;
  @Column('integer', { nullable: true }) readonly ladder: number | null;
  @Column('smallint', { nullable: true }) readonly step: number | null;
  @Column('varchar', { length: 12 }) readonly status: DeliveryStatus;
  @Column('varchar', { length: 32, nullable: true }) readonly reason: DeliveryReason | null;
  @Column('uuid', { nullable: true }) readonly providerId: string | null;
  @Column('varchar', { length: 300, nullable: true }) readonly providerRef: string | null;
  @Column('integer', { default: 0 }) readonly attempts: number;
  @CreateDateColumn({ type: 'timestamptz', precision: 3 }) readonly createdAt: Date;
  @UpdateDateColumn({ type: 'timestamptz', precision: 3 }) readonly updatedAt: Date;
  @Column(nullableTime) readonly sentAt: Date | null;
  @Column(nullableTime) readonly deliveredAt: Date | null;
  @Column(nullableTime) readonly openedAt: Date | null;
  @Column(nullableTime) readonly clickedAt: Date | null;
  @Column(nullableTime) readonly seenAt: Date | null;
  @Column(nullableTime) readonly readAt: Date | null;
  @Column(nullableTime) readonly archivedAt: Date | null;
  @Column(nullableTime) readonly complainedAt: Date | null;
  @Column(nullableTime) readonly unsubscribedAt: Date | null;
}

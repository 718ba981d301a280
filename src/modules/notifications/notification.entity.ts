import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { ChannelContents } from './content.js';
import type { Routing } from './ladder.rules.js';

export const NOTIFICATION_STATUSES = [
  'scheduled',
  'accepted',
  'processing',
  'completed',
  'partially_failed',
  'failed',
  'cancelled',
  'expired',
] as const;
export type NotificationStatus = (typeof NOTIFICATION_STATUSES)[number];
export const CATEGORIES = ['transactional', 'marketing', 'critical'] as const;
export type Category = (typeof CATEGORIES)[number];
export const PRIORITIES = ['high', 'normal', 'low'] as const;
export type Priority = (typeof PRIORITIES)[number];

@Entity('notifications')
export class Notification {
  @PrimaryColumn('uuid') readonly clientId: string;
  @PrimaryColumn('uuid') readonly id: string;
  @Column('varchar', { length: 20 }) readonly status: NotificationStatus;
  @Column('varchar', { length: 16, default: 'transactional' }) readonly category: Category;
  @Column('varchar', { length: 8, default: 'normal' }) readonly priority: Priority;
  @Column('jsonb', { nullable: true }) readonly routing: Routing | null;
  /** What to send on each channel, as the caller gave it. */
  @Column('jsonb') readonly channels: ChannelContents;
  @Column('varchar', { length: 64, array: true, default: [] }) readonly tags: string[];
  @Column('jsonb', { default: {} }) readonly metadata: Record<string, unknown>;
  @Column('boolean', { default: false }) readonly test: boolean;
  @Column('uuid', { nullable: true }) readonly providerId: string | null;
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) readonly sendAt: Date | null;
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) readonly expiresAt: Date | null;
  @Column('integer', { default: 1 }) readonly recipients: number;
  @Column('integer', { default: 0 }) readonly totalCount: number;
  /** Deliveries that have neither reached anybody nor ended. */
  @Column('integer', { default: 0 }) readonly openCount: number;
  @Column('integer', { default: 0 }) readonly failedCount: number;
  @Column('integer', { default: 0 }) readonly skippedCount: number;
  @Column('integer', { default: 0 }) readonly expiredCount: number;
  @Column('integer', { default: 0 }) readonly cancelledCount: number;
  @Column('varchar', { length: 128, nullable: true }) readonly requestId: string | null;
  @CreateDateColumn({ type: 'timestamptz', precision: 3 }) readonly createdAt: Date;
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) readonly completedAt: Date | null;
}

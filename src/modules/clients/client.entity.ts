import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';
import type { ClientLimits } from '../../platform/security/index.js';

export type ClientStatus = 'active' | 'suspended';
export type InactivityDays = Partial<Record<'support' | 'group' | 'direct' | 'channel', number>>;

export const ESCALATION_CHANNELS = ['push', 'email', 'sms'] as const;

/** Where a message goes that a member who is away leaves unread for so long; rooms may say otherwise. */
export interface EscalationSettings {
  readonly afterSeconds: number;
  readonly channels: readonly (typeof ESCALATION_CHANNELS)[number][];
}

export interface ClientSettings {
  readonly limits?: ClientLimits;
  readonly inactivityDays?: InactivityDays;
  readonly escalation?: EscalationSettings;
  /** Days that notifications are kept after they ended, with deliveries, timelines and places in inboxes. */
  readonly retentionDays?: number;
  readonly alertEmail?: string;
  readonly allowedOrigins?: readonly string[];
}

@Entity('clients')
export class Client {
  @PrimaryColumn('uuid') readonly id: string;
  @Column('varchar', { length: 63, unique: true }) readonly slug: string;
  @Column('varchar', { length: 200 }) readonly name: string;
  @Column('varchar', { length: 16, default: 'active' }) readonly status: ClientStatus;
  @Column('jsonb', { default: {} }) readonly settings: ClientSettings;
  /** Nobody's any more: its rows are being removed. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) readonly deletedAt: Date | null;
  @CreateDateColumn({ type: 'timestamptz', precision: 3 }) readonly createdAt: Date;
  @UpdateDateColumn({ type: 'timestamptz', precision: 3 }) readonly updatedAt: Date;
}

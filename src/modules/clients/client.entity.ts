import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';
import type { ClientLimits } from '../../platform/security/index.js';

export type ClientStatus = 'active' | 'suspended';
export type InactivityDays = Partial<Record<'support' | 'group' | 'direct' | 'channel', number>>;

export interface ClientSettings {
  readonly limits?: ClientLimits;
  readonly inactivityDays?: InactivityDays;
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
  @CreateDateColumn({ type: 'timestamptz', precision: 3 }) readonly createdAt: Date;
  @UpdateDateColumn({ type: 'timestamptz', precision: 3 }) readonly updatedAt: Date;
}

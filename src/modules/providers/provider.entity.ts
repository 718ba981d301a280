import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';
import type { SealedSecret } from '../../platform/security/index.js';

export const PROVIDER_ROLES = ['any', 'transactional', 'bulk'] as const;
export type ProviderRole = (typeof PROVIDER_ROLES)[number];

export interface ProviderLimits {
  readonly perSecond?: number;
  readonly perHour?: number;
  readonly perDay?: number;
}

@Entity('providers')
export class ProviderRecord {
  @PrimaryColumn('uuid') readonly clientId: string;
  @PrimaryColumn('uuid') readonly id: string;
  @Column('varchar', { length: 40 }) readonly kind: string;
  @Column('varchar', { length: 16 }) readonly channel: string;
  @Column('varchar', { length: 200 }) readonly name: string;
  /** All of the settings, sealed. */
  @Column('jsonb') readonly settings: SealedSecret;
  @Column('varchar', { length: 16, default: 'any' }) readonly role: ProviderRole;
  @Column('integer', { default: 100 }) readonly priority: number;
  @Column('integer', { default: 1 }) readonly weight: number;
  @Column('jsonb', { default: {} }) readonly limits: ProviderLimits;
  @Column('boolean', { default: true }) readonly enabled: boolean;
  @CreateDateColumn({ type: 'timestamptz', precision: 3 }) readonly createdAt: Date;
  @UpdateDateColumn({ type: 'timestamptz', precision: 3 }) readonly updatedAt: Date;
}

import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';
import type { SealedSecret } from '../../../platform/security/index.js';
import type { ActionRule } from '../actions/action.js';

/** Where one other system calls, how its calls are verified, and what is done about them. */
@Entity('webhook_sources')
export class WebhookSource {
  @PrimaryColumn('uuid') readonly clientId: string;
  @PrimaryColumn('uuid') readonly id: string;
  @Column('varchar', { length: 100 }) readonly event: string;
  @Column('varchar', { length: 40 }) readonly scheme: string;
  /** Of the scheme; no secret is among them. */
  @Column('jsonb', { default: {} }) readonly settings: Readonly<Record<string, unknown>>;
  @Column('integer') readonly toleranceSeconds: number;
  @Column('jsonb', { default: [] }) readonly actions: readonly ActionRule[];
  /** What headers of `forward` say, sealed; null when there are none. */
  @Column('jsonb', { nullable: true }) readonly forwardHeaders: SealedSecret | null;
  @Column('integer') readonly dedupeHours: number;
  @Column('boolean', { default: false }) readonly trustBody: boolean;
  @Column('boolean', { default: true }) readonly enabled: boolean;
  @Column('varchar', { length: 500, nullable: true }) readonly description: string | null;
  @CreateDateColumn({ type: 'timestamptz', precision: 3 }) readonly createdAt: Date;
  @UpdateDateColumn({ type: 'timestamptz', precision: 3 }) readonly updatedAt: Date;
}

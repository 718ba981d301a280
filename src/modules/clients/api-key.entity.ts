import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { KeyType, Scope } from '../../platform/security/index.js';

export type KeyOrigin = 'manual' | 'login';

@Entity('api_keys')
export class ApiKeyRecord {
  @PrimaryColumn('varchar', { length: 12 }) readonly keyId: string;
  @Column('uuid') readonly clientId: string;
  @Column('varchar', { length: 200 }) readonly name: string;
  @Column('varchar', { length: 8 }) readonly type: KeyType;
  @Column('varchar', { length: 8 }) readonly origin: KeyOrigin;
  @Column('varchar', { length: 128, nullable: true }) readonly userId: string | null;
  @Column('varchar', { length: 128, nullable: true }) readonly device: string | null;
  /** bcrypt of HMAC(pepper, secret); never leaves the repository but to be compared. */
  @Column('varchar', { length: 100 }) readonly hash: string;
  /** Names the part of `SECRET_KEY` that is its pepper; null of one from before that was noted. */
  @Column('varchar', { length: 8, nullable: true }) readonly pepper: string | null;
  @Column('varchar', { length: 4 }) readonly lastFour: string;
  @Column('varchar', { length: 40, array: true, default: [] }) readonly scopes: Scope[];
  @Column('varchar', { length: 64, array: true, default: [] }) readonly allowedIps: string[];
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) readonly lastUsedAt: Date | null;
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) readonly expiresAt: Date | null;
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) readonly revokedAt: Date | null;
  @CreateDateColumn({ type: 'timestamptz', precision: 3 }) readonly createdAt: Date;
}

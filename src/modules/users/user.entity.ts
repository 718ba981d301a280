import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';

@Entity('users')
export class User {
  @PrimaryColumn('uuid') readonly clientId: string;
  /** The client's own id; exists by first mention. */
  @PrimaryColumn('varchar', { length: 128 }) readonly id: string;
  @Column('varchar', { length: 200, nullable: true }) readonly displayName: string | null;
  @Column('varchar', { length: 254, nullable: true }) readonly email: string | null;
  @Column('varchar', { length: 20, nullable: true }) readonly phone: string | null;
  @Column('varchar', { length: 35, nullable: true }) readonly locale: string | null;
  @Column('varchar', { length: 64, nullable: true }) readonly timezone: string | null;
  @Column('jsonb', { default: {} }) readonly metadata: Record<string, unknown>;
  /** When their last socket went; null while they never had one. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) readonly lastSeenAt: Date | null;
  @CreateDateColumn({ type: 'timestamptz', precision: 3 }) readonly createdAt: Date;
  @UpdateDateColumn({ type: 'timestamptz', precision: 3 }) readonly updatedAt: Date;
}

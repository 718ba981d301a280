import { Column, Entity, PrimaryColumn } from 'typeorm';

export const MESSAGE_TYPES = ['user', 'system'] as const;
export type MessageType = (typeof MESSAGE_TYPES)[number];

/** A file kept elsewhere; only its address travels. */
export interface Attachment {
  readonly url: string;
  readonly name: string;
  readonly size: number;
  readonly mimeType: string;
}

@Entity('messages')
export class Message {
  @PrimaryColumn('uuid') readonly clientId: string;
  @PrimaryColumn('uuid') readonly id: string;
  @Column('uuid') readonly roomId: string;
  /** Counts the room's messages, without gaps. */
  @Column('bigint') readonly seq: number;
  /** Its place among all durable events of the room. */
  @Column('bigint') readonly offset: number;
  @Column('varchar', { length: 128, nullable: true }) readonly senderId: string | null;
  @Column('varchar', { length: 8, default: 'user' }) readonly type: MessageType;
  @Column('text', { nullable: true }) readonly content: string | null;
  @Column('varchar', { length: 100, default: 'text' }) readonly contentType: string;
  @Column('jsonb', { nullable: true }) readonly attachments: readonly Attachment[] | null;
  @Column('uuid', { nullable: true }) readonly replyTo: string | null;
  @Column('jsonb', { nullable: true }) readonly mentions: readonly string[] | null;
  @Column('jsonb', { nullable: true }) readonly metadata: Record<string, unknown> | null;
  @Column('varchar', { length: 128, nullable: true }) readonly clientMessageId: string | null;
  /** Of what was sent, when it came with a `clientMessageId`: tells a retry from another message. */
  @Column('bytea', { nullable: true }) readonly contentHash: Buffer | null;
  /** Whether there is anything to read in `message_reactions`. */
  @Column('boolean', { default: false }) readonly reacted: boolean;
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) readonly pinnedAt: Date | null;
  @Column({ type: 'timestamptz', precision: 3 }) readonly createdAt: Date;
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) readonly editedAt: Date | null;
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) readonly deletedAt: Date | null;
}

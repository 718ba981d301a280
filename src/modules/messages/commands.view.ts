import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import type { SyncAnswer } from './feed.service.js';
import { FeedItemView, MessageView } from './message.view.js';

const ROOM_ID = { format: 'uuid', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11' } as const;
const HEAD = { type: 'integer', description: 'Number of the last durable event', example: 57 } as const;

export class SentView {
  @ApiProperty({ type: MessageView }) readonly message: MessageView;
  @ApiProperty({ description: 'Whether this `clientMessageId` made it before', example: false })
  readonly duplicate: boolean;
}

export class ChangedMessageView {
  @ApiProperty({ type: MessageView }) readonly message: MessageView;
}

class RecoveredView {
  @ApiProperty(ROOM_ID) readonly roomId: string;
  @ApiProperty({ enum: [true], example: true }) readonly recovered: true;
  @ApiProperty({ type: [FeedItemView], description: 'All after the offset, in order' })
  readonly events: FeedItemView[];
  @ApiProperty(HEAD) readonly head: number;
}

class TooManyMissedView {
  @ApiProperty(ROOM_ID) readonly roomId: string;
  @ApiProperty({ enum: [false], example: false }) readonly recovered: false;
  @ApiProperty({ enum: ['too_many'], description: 'Read them from the feed of the room', example: 'too_many' })
  readonly reason: 'too_many';
  @ApiProperty(HEAD) readonly head: number;
}

class NoRoomView {
  @ApiProperty(ROOM_ID) readonly roomId: string;
  @ApiProperty({ enum: [false], example: false }) readonly recovered: false;
  @ApiProperty({ enum: ['not_found'], example: 'not_found' }) readonly reason: 'not_found';
}

const ANSWERS = [RecoveredView, TooManyMissedView, NoRoomView];

@ApiExtraModels(...ANSWERS)
export class SyncedView {
  @ApiProperty({
    type: 'array',
    items: { oneOf: ANSWERS.map((answer) => ({ $ref: getSchemaPath(answer) })) },
    description: 'One for each room that was asked for, in that order',
  })
  readonly rooms: readonly SyncAnswer[];
}

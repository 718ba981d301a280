import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ACTION_STATUSES,
  ACTION_TYPES,
  type ActionError,
  type ActionStatus,
  type ActionType,
} from '../actions/action.js';
import { EVENT_STATUSES, type EventAction, type EventStatus, type InboundEvent } from './event.js';
import type { EventWithActions } from './events.service.js';
import { inputOf } from './rule-input.rules.js';

export class EventSummaryView {
  @ApiProperty({ format: 'uuid', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11' }) readonly id: string;
  @ApiProperty({ format: 'uuid', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c12' }) readonly source: string;
  @ApiProperty({ example: 'order.paid' }) readonly event: string;
  @ApiProperty({ enum: EVENT_STATUSES, example: 'completed' }) readonly status: EventStatus;
  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description:
      'Why it has `failed`: the code of its action’s error, `retries_exhausted`, `crash_loop`; or is `ignored`: `loop`',
  })
  readonly reason: string | null;
  @ApiProperty({
    type: String,
    nullable: true,
    example: 'evt_1NG8Du2eZvKYlo2C',
    description: 'The sender’s own id of it',
  })
  readonly externalId: string | null;
  @ApiProperty({
    type: String,
    nullable: true,
    example: 'invoice.paid',
    description: 'The sender’s name for what it is',
  })
  readonly type: string | null;
  @ApiProperty({
    type: 'integer',
    example: 0,
    description: 'How many systems, told one by the other, led to it: from 5 on it is `ignored`',
  })
  readonly hops: number;
  @ApiProperty({ format: 'date-time', example: '2026-11-24T09:30:00.000Z' }) readonly receivedAt: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: '2026-11-24T09:30:00.120Z' })
  readonly endedAt: string | null;

  static of(event: InboundEvent): EventSummaryView {
    const { id, sourceId, event: name, status, reason, externalId, type, hops, receivedAt, endedAt } = event;
    return {
      ...{ id, source: sourceId, event: name, status, reason, externalId, type, hops },
      receivedAt: receivedAt.toISOString(),
      endedAt: endedAt?.toISOString() ?? null,
    };
  }
}

export class EventPageView {
  @ApiProperty({ type: [EventSummaryView] }) readonly data: EventSummaryView[];
  @ApiProperty({ type: String, nullable: true, example: null }) readonly nextCursor: string | null;
}

export class ActionErrorView implements ActionError {
  @ApiProperty({ example: 'room_inactive' }) readonly code: string;
  @ApiProperty({ example: 'The room was closed by hand; activate it first.' }) readonly message: string;
}

export class ActionView {
  @ApiProperty({ example: 'room' }) readonly id: string;
  @ApiProperty({ enum: ACTION_TYPES, example: 'createRoom' }) readonly type: ActionType;
  @ApiProperty({
    enum: ACTION_STATUSES,
    example: 'done',
    description: '`pending` too while it is tried again; `skipped`: its `when` did not hold',
  })
  readonly status: ActionStatus;
  @ApiProperty({ type: 'integer', example: 1 }) readonly attempts: number;
  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    example: { id: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c13' },
    description: 'What later actions read as `steps.<id>`',
  })
  readonly result?: object;
  @ApiPropertyOptional({ type: ActionErrorView, description: 'Of the last try' }) readonly error?: ActionErrorView;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: '2026-11-24T09:30:00.100Z' })
  readonly endedAt: string | null;

  static of({ id, type, status, attempts, result, error, endedAt }: EventAction): ActionView {
    return {
      ...{ id, type, status, attempts },
      ...(typeof result === 'object' && result !== null && { result }),
      ...(error && { error }),
      endedAt: endedAt?.toISOString() ?? null,
    };
  }
}

export class EventView extends EventSummaryView {
  @ApiProperty({
    description: 'As the rules see it: JSON, the fields of a form, or a text',
    example: { id: 'evt_1NG8Du2eZvKYlo2C', type: 'invoice.paid' },
    oneOf: [
      { type: 'object', additionalProperties: true },
      { type: 'array', items: {} },
      { type: 'string' },
      { type: 'number' },
      { type: 'boolean' },
      { type: 'null' },
    ],
  })
  readonly payload: unknown;
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string' },
    example: { 'content-type': 'application/json' },
    description: 'Without those that prove who calls',
  })
  readonly headers: Readonly<Record<string, string>>;
  @ApiProperty({ type: [ActionView] }) readonly actions: readonly ActionView[];

  static with({ event, actions }: EventWithActions): EventView {
    const { headers } = event;
    return {
      ...EventSummaryView.of(event),
      payload: inputOf(event).payload,
      headers,
      actions: actions.map(ActionView.of),
    };
  }
}

export class ReplayedView {
  @ApiProperty({ format: 'uuid', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11' }) readonly id: string;
  @ApiProperty({ enum: ['accepted'], example: 'accepted' }) readonly status: 'accepted';
}

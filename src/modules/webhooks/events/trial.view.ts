import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { InputFaultView } from '../../../platform/http/index.js';
import { ACTION_TYPES, type ActionType } from '../actions/action.js';
import type { TriedAction } from './trial.service.js';

export class TriedActionView {
  @ApiProperty({ example: 'room' }) readonly id: string;
  @ApiProperty({ enum: ACTION_TYPES, example: 'createRoom' }) readonly type: ActionType;
  @ApiProperty({ example: true, description: 'Whether its `when` holds, and nothing is wrong with it' })
  readonly wouldRun: boolean;
  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    example: { type: 'support', name: 'Order 4711' },
    description: 'With values in place of expressions',
  })
  readonly params?: object;
  @ApiProperty({
    type: [InputFaultView],
    example: [],
    description: 'Pointers are within the action: `/when`, `/params/…`',
  })
  readonly faults: readonly InputFaultView[];

  static of({ id, type, wouldRun, params, faults }: TriedAction): TriedActionView {
    return { id, type, wouldRun, ...(params !== undefined && { params }), faults };
  }
}

export class TrialView {
  @ApiProperty({ type: [TriedActionView] }) readonly actions: readonly TriedActionView[];

  static of(actions: readonly TriedAction[]): TrialView {
    return { actions: actions.map(TriedActionView.of) };
  }
}

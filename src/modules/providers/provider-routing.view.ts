import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { type ChannelRouting, STRATEGIES, type Strategy } from './routing.rules.js';

export class ChannelRoutingView implements ChannelRouting {
  @ApiProperty({ type: 'integer', example: 50, description: 'A notification to so many recipients or more is bulk' })
  readonly bulkThreshold: number;
  @ApiProperty({ enum: STRATEGIES, example: 'priority' }) readonly strategy: Strategy;
}

/** By channel; plugins may bring more than these. */
@ApiSchema({ description: 'By channel; plugins may bring more than these' })
export class RoutingView {
  @ApiProperty({ type: ChannelRoutingView }) readonly email?: ChannelRoutingView;
  @ApiProperty({ type: ChannelRoutingView }) readonly push?: ChannelRoutingView;
  @ApiProperty({ type: ChannelRoutingView }) readonly sms?: ChannelRoutingView;
  @ApiProperty({ type: ChannelRoutingView }) readonly webhook?: ChannelRoutingView;
  readonly [channel: string]: ChannelRoutingView | undefined;
}

import { InvalidInput } from '../../../platform/errors/index.js';
import { Int, OneOf, Part, validated } from '../../../platform/http/index.js';
import { type ChannelRouting, DEFAULT_ROUTING, type Routing, STRATEGIES, type Strategy } from '../routing.rules.js';

export class ChannelRoutingDto implements ChannelRouting {
  @Int({ min: 1, max: 1_000_000, optional: true, default: 50, example: 50, description: 'So many recipients are bulk' })
  readonly bulkThreshold: number = DEFAULT_ROUTING.bulkThreshold;
  @OneOf(STRATEGIES, { optional: true, default: 'priority', example: 'weighted' })
  readonly strategy: Strategy = DEFAULT_ROUTING.strategy;
}

/** What is documented of a body; plugins may bring more channels, so {@link routingFrom} reads it. */
export class RoutingDto {
  @Part(() => ChannelRoutingDto, { optional: true })
  readonly email?: ChannelRoutingDto;
  @Part(() => ChannelRoutingDto, { optional: true })
  readonly push?: ChannelRoutingDto;
  @Part(() => ChannelRoutingDto, { optional: true })
  readonly sms?: ChannelRoutingDto;
  @Part(() => ChannelRoutingDto, { optional: true })
  readonly webhook?: ChannelRoutingDto;
}

/** By channel. @throws InvalidInput with every fault */
export function routingFrom(body: unknown): Routing {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw InvalidInput.at('', 'is_object', 'A JSON object is expected.');
  const read = Object.entries(body).map(([channel, value]) => [channel, channelFrom(channel, value)] as const);
  const faults = read.flatMap(([, one]) => (one instanceof InvalidInput ? (one.details.errors ?? []) : []));
  if (faults.length > 0) throw new InvalidInput(faults);
  return Object.fromEntries(read as readonly (readonly [string, ChannelRouting])[]);
}

function channelFrom(channel: string, value: unknown): ChannelRouting | InvalidInput {
  try {
    return { ...validated(ChannelRoutingDto, value) };
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    const place = `/${channel.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    return new InvalidInput(
      (error.details.errors ?? []).map((fault) => ({ ...fault, pointer: place + fault.pointer })),
    );
  }
}

import {
  type Address,
  type Channel,
  DeliveryChannel,
  type Destination,
  Int,
  isUuid,
  JsonObject,
  type Party,
  type PushContent,
  type PushMessage,
  Text,
} from '../../extension/index.js';

/** What push services carry in all is 4 KB; the rest of it is the provider's own. */
const DATA_MAX_BYTES = 3_072;
const FOUR_WEEKS_SECONDS = 2_419_200;

export class PushContentFields implements PushContent {
  @Text({ min: 1, max: 200, example: 'Order confirmed' })
  readonly title: string;
  @Text({ max: 2_000, example: 'We are packing order 4711.' })
  readonly body: string;
  @JsonObject({ maxBytes: DATA_MAX_BYTES, optional: true, example: { order: 4711 } })
  readonly data?: Record<string, unknown>;
  @Text({
    min: 1,
    max: 32,
    pattern: /^[A-Za-z0-9_-]+$/,
    optional: true,
    example: 'order-4711',
    description: 'A later one with the same id takes its place on the device',
  })
  readonly collapseId?: string;
  @Int({
    min: 0,
    max: FOUR_WEEKS_SECONDS,
    optional: true,
    example: 3_600,
    description: 'How long the push service keeps it for a device that is away',
  })
  readonly ttlSeconds?: number;
}

/** Push to each of the user's devices, every one a delivery of its own. */
@DeliveryChannel({ name: 'push', title: 'Push', content: PushContentFields, usesDevices: true, disturbs: true })
export class PushChannel implements Channel<PushContent, PushMessage> {
  addressesOf({ devices }: Party): Address[] {
    return devices.map(({ id, kind }) => ({ recipient: id, kind, deviceId: id }));
  }

  /** A device, by its id. */
  normalised(address: string): string | null {
    const id = address.trim().toLowerCase();
    return isUuid(id) ? id : null;
  }

  messageOf({ title, body, data, collapseId, ttlSeconds }: PushContent, { kind, device }: Destination): PushMessage {
    if (kind === null || device === null) throw new Error('A push goes to a device.');
    return {
      device: { kind, address: device },
      ...{ title, body, data: data ?? {} },
      ...{ collapseId: collapseId ?? null, ttlSeconds: ttlSeconds ?? null },
    };
  }
}

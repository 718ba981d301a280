import {
  type Address,
  type Channel,
  type ContentFault,
  type ContentLimits,
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
const PUSH_LIMITS = {
  titleLength: 200,
  bodyLength: 2_000,
  dataBytes: 3_072,
  /** Title, body and data together, as JSON. */
  contentBytes: 3_584,
  collapseIdLength: 32,
  /** Four weeks. */
  ttlSeconds: 2_419_200,
} as const satisfies ContentLimits;

export class PushContentFields implements PushContent {
  @Text({ min: 1, max: PUSH_LIMITS.titleLength, example: 'Order confirmed' })
  readonly title: string;
  @Text({ max: PUSH_LIMITS.bodyLength, example: 'We are packing order 4711.' })
  readonly body: string;
  @JsonObject({ maxBytes: PUSH_LIMITS.dataBytes, optional: true, example: { order: 4711 } })
  readonly data?: Record<string, unknown>;
  @Text({
    min: 1,
    max: PUSH_LIMITS.collapseIdLength,
    pattern: /^[A-Za-z0-9_-]+$/,
    optional: true,
    example: 'order-4711',
    description: 'A later one with the same id takes its place on the device',
  })
  readonly collapseId?: string;
  @Int({
    min: 0,
    max: PUSH_LIMITS.ttlSeconds,
    optional: true,
    example: 3_600,
    description: 'How long the push service keeps it for a device that is away',
  })
  readonly ttlSeconds?: number;
}

/** Push to each of the user's devices, every one a delivery of its own. */
@DeliveryChannel({
  name: 'push',
  title: 'Push',
  content: PushContentFields,
  limits: PUSH_LIMITS,
  usesDevices: true,
  disturbs: true,
})
export class PushChannel implements Channel<PushContent, PushMessage> {
  faultsOf({ title, body, data = {} }: PushContent): ContentFault[] {
    const bytes = Buffer.byteLength(JSON.stringify({ title, body, data }));
    if (bytes <= PUSH_LIMITS.contentBytes) return [];
    const message = `title, body and data are ${bytes} bytes together; ${PUSH_LIMITS.contentBytes} fit into a push`;
    return [{ pointer: '', code: 'max_bytes', message }];
  }

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

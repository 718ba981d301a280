import {
  Flag,
  Int,
  JsonObject,
  OneOf,
  Part,
  Text,
  TextList,
  Time,
  Url,
  UuidList,
} from '../../../platform/http/index.js';
import { OVERLAP_MAX_SECONDS } from '../../signing/index.js';
import { type Payload, PAYLOADS } from '../endpoint.js';
import { DEFAULT_IN_FLIGHT } from '../endpoint.rules.js';
import { PATTERN } from '../event-types.rules.js';
import { REPLAY_IDS_MAX, REPLAY_WISHES, type ReplayWish } from '../replay.js';

const TYPES_MAX = 100;
const TYPE_MAX = 100;
const HEADERS_BYTES = 16_384;
const FILTER_MAX = 1_000;

export class EndpointLimitsDto {
  @Int({ min: 1, max: 10_000, optional: true, nullable: true, example: 20, description: 'Calls begun a second' })
  readonly perSecond?: number | null;
  @Int({ min: 1, max: 100, optional: true, default: DEFAULT_IN_FLIGHT, example: 10, description: 'Calls at once' })
  readonly inFlight?: number;
}

const url = { description: 'http or https; private addresses are refused' };
const eventTypes = {
  ...{ min: 1, max: TYPES_MAX, maxLength: TYPE_MAX, pattern: PATTERN, example: ['message.*', 'room.created'] },
  description: 'Types as `GET /webhooks/event-types` lists them, `prefix.*`, or `*`',
};
const description = { max: 500, optional: true, nullable: true, example: 'Our shop' };
const headers = {
  ...{ maxBytes: HEADERS_BYTES, optional: true, example: { authorization: 'Bearer abc' } },
  description: 'Sent with every call; stored encrypted and shown as ••••',
};
const filter = {
  ...{ max: FILTER_MAX, optional: true, nullable: true, example: "data.type == 'text'" },
  description:
    'JMESPath over `{id,type,roomId,sequence,data}`; an event for which it gives null, false or nothing is skipped',
};
const payload = { description: '`thin` tells ids only', example: 'full' };

export class CreateEndpointDto {
  @Url(url)
  readonly url: string;
  @TextList(eventTypes)
  readonly eventTypes: string[];
  @Text(description)
  readonly description?: string | null;
  @JsonObject(headers)
  readonly headers?: Record<string, unknown>;
  @Part(() => EndpointLimitsDto, { optional: true })
  readonly limits?: EndpointLimitsDto;
  @OneOf(PAYLOADS, { ...payload, optional: true, default: 'full' })
  readonly payload?: Payload;
  @Text(filter)
  readonly filter?: string | null;
  @Flag({ optional: true, default: true })
  readonly enabled?: boolean;
  @Text({
    ...{ min: 38, max: 100, optional: true, example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=' },
    description: '`whsec_` and the Base64 of 24 to 64 bytes; made when absent',
  })
  readonly secret?: string;
}

/** Only what is sent changes. */
export class UpdateEndpointDto {
  @Url({ ...url, optional: true })
  readonly url?: string;
  @TextList({ ...eventTypes, optional: true })
  readonly eventTypes?: string[];
  @Text(description)
  readonly description?: string | null;
  @JsonObject({ ...headers, description: 'All of them; a value sent back as •••• stays' })
  readonly headers?: Record<string, unknown>;
  @Part(() => EndpointLimitsDto, { optional: true })
  readonly limits?: EndpointLimitsDto;
  @OneOf(PAYLOADS, { ...payload, optional: true })
  readonly payload?: Payload;
  @Text(filter)
  readonly filter?: string | null;
  @Flag({ optional: true, description: '`true` makes a disabled endpoint active again' })
  readonly enabled?: boolean;
}

export class RotateSecretDto {
  @Int({
    ...{ min: 0, max: OVERLAP_MAX_SECONDS, optional: true, default: 86_400, example: 86_400 },
    description: 'How long the secrets before it stay good: calls are signed with all of them',
  })
  readonly overlapSeconds: number = 86_400;
}

export class TestEndpointDto {
  @Text({
    ...{ min: 1, max: TYPE_MAX, optional: true, default: 'endpoint.test', example: 'endpoint.test' },
    description: 'Of another type: its example',
  })
  readonly eventType: string = 'endpoint.test';
}

/** Either `ids`, or `from` and `to`. */
export class EndpointReplayDto {
  @Time({ optional: true, description: 'Events from then on' })
  readonly from?: string;
  @Time({ optional: true, example: '2026-11-25T09:30:00.000Z', description: 'And before then; now when absent' })
  readonly to?: string;
  @OneOf(REPLAY_WISHES, {
    ...{ optional: true, default: 'all', example: 'undelivered' },
    description:
      '`failed` are those that came to nothing, `missing` those it was never told of, `undelivered` both and what is still pending',
  })
  readonly only?: ReplayWish;
  @UuidList({ min: 1, max: REPLAY_IDS_MAX, optional: true, description: 'The `webhook-id` of each' })
  readonly ids?: string[];
}

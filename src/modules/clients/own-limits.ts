import { Injectable } from '@nestjs/common';
import { ChannelRegistry } from '../../extension/channel-registry.js';
import {
  type ContentLimits,
  ContentLimitsBook,
  type InboundLimits,
  inboundLimits,
  type RequestLimits,
  requestLimits,
} from '../../platform/http/index.js';
import { type SocketLimits, socketLimits } from '../../platform/realtime/index.js';
import type { ClientLimits } from '../../platform/security/index.js';

/** How many in a window; null for as many as come. */
type QuotaLimit = number | null;

export interface EffectiveLimits {
  readonly requests: RequestLimits;
  readonly inbound: InboundLimits;
  readonly sockets: SocketLimits;
  readonly quotas: {
    readonly messagesPerHour: QuotaLimit;
    readonly messagesPerDay: QuotaLimit;
    readonly notificationsPerHour: QuotaLimit;
    readonly notificationsPerDay: QuotaLimit;
    /** Deliveries, by channel. */
    readonly channels: Readonly<Record<string, { readonly perHour: QuotaLimit; readonly perDay: QuotaLimit }>>;
  };
  readonly content: {
    readonly messages?: ContentLimits;
    readonly notifications?: ContentLimits;
    readonly channels: Readonly<Record<string, ContentLimits>>;
  };
}

/** Everything that holds for a client, its own and what it has by default, from the constants that hold it. */
@Injectable()
export class OwnLimits {
  constructor(
    private readonly contents: ContentLimitsBook,
    private readonly channels: ChannelRegistry,
  ) {}

  of(own: ClientLimits): EffectiveLimits {
    const channels = this.channels.all();
    return {
      requests: requestLimits(own),
      inbound: inboundLimits(own),
      sockets: socketLimits(own),
      quotas: {
        messagesPerHour: own.messagesPerHour ?? null,
        messagesPerDay: own.messagesPerDay ?? null,
        notificationsPerHour: own.notificationsPerHour ?? null,
        notificationsPerDay: own.notificationsPerDay ?? null,
        channels: Object.fromEntries(
          channels.map(({ name }) => {
            const { perHour = null, perDay = null } = own.channels?.[name] ?? {};
            return [name, { perHour, perDay }];
          }),
        ),
      },
      content: {
        ...this.contents.all(),
        channels: Object.fromEntries(channels.map(({ name, limits = {} }) => [name, limits])),
      },
    };
  }
}

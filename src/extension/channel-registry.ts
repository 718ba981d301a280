import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, Reflector } from '@nestjs/core';
import { type Channel, type ChannelDescriptor, DELIVERY_CHANNEL } from './channel.js';
import { discovered } from './discovered.js';

export interface RegisteredChannel extends ChannelDescriptor {
  readonly channel: Channel<object, object>;
  /** It makes no messages for providers: the house itself delivers. */
  readonly isInHouse: boolean;
}

/** Finds every {@link DeliveryChannel} at boot. Two of one name stop it. */
@Injectable()
export class ChannelRegistry implements OnModuleInit {
  private readonly channels = new Map<string, RegisteredChannel>();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly reflector: Reflector,
  ) {}

  onModuleInit(): void {
    const found = discovered<ChannelDescriptor>(
      { discovery: this.discovery, reflector: this.reflector },
      DELIVERY_CHANNEL,
      ({ name }) => name,
      'channels',
    );
    for (const [name, { descriptor, instance }] of found) {
      const channel = instance as Channel<object, object>;
      this.channels.set(name, { ...descriptor, channel, isInHouse: !('messageOf' in channel) });
    }
  }

  find(name: string): RegisteredChannel | undefined {
    return this.channels.get(name);
  }

  all(): RegisteredChannel[] {
    return [...this.channels.values()];
  }
}

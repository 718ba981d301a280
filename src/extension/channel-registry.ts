import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, Reflector } from '@nestjs/core';
import { type Channel, type ChannelDescriptor, DELIVERY_CHANNEL } from './channel.js';

export interface RegisteredChannel extends ChannelDescriptor {
  readonly channel: Channel<object, object>;
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
    for (const { instance } of this.discovery.getProviders()) {
      const descriptor = instance
        ? this.reflector.get<ChannelDescriptor | undefined>(DELIVERY_CHANNEL, (instance as object).constructor)
        : undefined;
      if (descriptor) this.register(descriptor, instance as Channel<object, object>);
    }
  }

  find(name: string): RegisteredChannel | undefined {
    return this.channels.get(name);
  }

  all(): RegisteredChannel[] {
    return [...this.channels.values()];
  }

  private register(descriptor: ChannelDescriptor, channel: Channel<object, object>): void {
    const taken = this.channels.get(descriptor.name);
    if (taken)
      throw new Error(
        `Two channels are named ${descriptor.name}: ${taken.channel.constructor.name} and ${channel.constructor.name}.`,
      );
    this.channels.set(descriptor.name, { ...descriptor, channel });
  }
}

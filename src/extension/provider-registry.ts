import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, Reflector } from '@nestjs/core';
import { type ChannelDescriptor, DELIVERY_CHANNEL } from './channel.js';
import { discovered } from './discovered.js';
import { DELIVERY_PROVIDER, type Provider, type ProviderDescriptor } from './provider.js';

export interface RegisteredProvider extends ProviderDescriptor {
  readonly channels: readonly string[];
  readonly provider: Provider<object, object>;
}

/** Finds every {@link DeliveryProvider} at boot. Two of one kind stop it. */
@Injectable()
export class ProviderRegistry implements OnModuleInit, OnApplicationShutdown {
  private readonly kinds = new Map<string, RegisteredProvider>();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly reflector: Reflector,
  ) {}

  onModuleInit(): void {
    const found = discovered<ProviderDescriptor>(
      { discovery: this.discovery, reflector: this.reflector },
      DELIVERY_PROVIDER,
      ({ kind }) => kind,
      'providers',
    );
    for (const [kind, { descriptor, instance }] of found) {
      const channels = descriptor.channels === 'all' ? this.served() : descriptor.channels;
      this.kinds.set(kind, { ...descriptor, channels, provider: instance as Provider<object, object> });
    }
  }

  find(kind: string): RegisteredProvider | undefined {
    return this.kinds.get(kind);
  }

  all(): RegisteredProvider[] {
    return [...this.kinds.values()];
  }

  /** The channels that providers send for; the others the house itself delivers. */
  private served(): string[] {
    const parts = { discovery: this.discovery, reflector: this.reflector };
    const channels = discovered<ChannelDescriptor>(parts, DELIVERY_CHANNEL, ({ name }) => name, 'channels');
    return [...channels].flatMap(([name, { instance }]) => ('messageOf' in instance ? name : []));
  }

  async onApplicationShutdown(): Promise<void> {
    for (const { provider } of this.kinds.values()) await provider.close?.().catch(() => undefined);
  }
}

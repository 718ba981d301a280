import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, Reflector } from '@nestjs/core';
import { DELIVERY_PROVIDER, type Provider, type ProviderDescriptor } from './provider.js';

export interface RegisteredProvider extends ProviderDescriptor {
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
    for (const { instance } of this.discovery.getProviders()) {
      const descriptor = instance
        ? this.reflector.get<ProviderDescriptor | undefined>(DELIVERY_PROVIDER, (instance as object).constructor)
        : undefined;
      if (descriptor) this.register(descriptor, instance as Provider<object, object>);
    }
  }

  find(kind: string): RegisteredProvider | undefined {
    return this.kinds.get(kind);
  }

  all(): RegisteredProvider[] {
    return [...this.kinds.values()];
  }

  async onApplicationShutdown(): Promise<void> {
    for (const { provider } of this.kinds.values()) await provider.close?.().catch(() => undefined);
  }

  private register(descriptor: ProviderDescriptor, provider: Provider<object, object>): void {
    const taken = this.kinds.get(descriptor.kind);
    if (taken)
      throw new Error(
        `Two providers are of the kind ${descriptor.kind}: ${taken.provider.constructor.name} and ${provider.constructor.name}.`,
      );
    this.kinds.set(descriptor.kind, { ...descriptor, provider });
  }
}

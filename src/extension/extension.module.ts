import { type DynamicModule, Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { ChannelRegistry } from './channel-registry.js';
import type { Plugin } from './plugin.js';
import { assertSound } from './plugin-faults.js';
import { ProviderRegistry } from './provider-registry.js';
import { WebhookSchemeRegistry } from './webhook-scheme-registry.js';

/** Puts the plugins' classes into the application, where the registries find them. */
@Global()
@Module({})
export class ExtensionModule {
  static of(plugins: readonly Plugin[]): DynamicModule {
    assertSound(plugins);
    return {
      module: ExtensionModule,
      imports: [DiscoveryModule],
      providers: [
        ChannelRegistry,
        ProviderRegistry,
        WebhookSchemeRegistry,
        ...plugins.flatMap(({ channels = [], providers = [], schemes = [] }) => [
          ...channels,
          ...providers,
          ...schemes,
        ]),
      ],
      exports: [ChannelRegistry, ProviderRegistry, WebhookSchemeRegistry],
    };
  }
}

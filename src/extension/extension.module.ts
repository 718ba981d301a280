import { type DynamicModule, Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { assertCompatible, type Plugin } from './plugin.js';
import { ProviderRegistry } from './provider-registry.js';

/** Puts the plugins' classes into the application, where the registries find them. */
@Global()
@Module({})
export class ExtensionModule {
  static of(plugins: readonly Plugin[]): DynamicModule {
    assertCompatible(plugins);
    return {
      module: ExtensionModule,
      imports: [DiscoveryModule],
      providers: [ProviderRegistry, ...plugins.flatMap(({ providers = [] }) => [...providers])],
      exports: [ProviderRegistry],
    };
  }
}

import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CatalogService } from './catalog.service.js';
import { ProviderEvents } from './provider-events.js';
import { ProviderRecord } from './provider.entity.js';
import { ProviderRouter } from './provider-router.js';
import { ProviderSender } from './provider-sender.js';
import { ProviderSettings } from './provider-settings.js';
import { ProvidersController } from './providers.controller.js';
import { ProvidersRepository } from './providers.repository.js';
import { ProvidersService } from './providers.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([ProviderRecord])],
  controllers: [ProvidersController],
  providers: [
    ProvidersRepository,
    ProvidersService,
    ProviderSettings,
    ProviderRouter,
    ProviderSender,
    ProviderEvents,
    CatalogService,
  ],
  exports: [ProviderRouter, ProviderSender, ProviderEvents],
})
export class ProvidersModule {}

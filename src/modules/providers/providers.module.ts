import { Module, type OnModuleInit } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { OutboundCatalogue } from '../../platform/outbox/index.js';
import { SigningModule } from '../signing/index.js';
import { CatalogService } from './catalog.service.js';
import { ProviderEvents } from './provider-events.js';
import { ProviderRecord } from './provider.entity.js';
import { ProviderAnnouncer } from './provider-announcer.js';
import { ProviderBreakers } from './provider-breakers.js';
import { ProviderCandidates } from './provider-candidates.js';
import { ProviderGauges } from './provider-gauges.js';
import { ProviderHealthController } from './provider-health.controller.js';
import { ProviderHealthRepository } from './provider-health.repository.js';
import { ProviderHealthService } from './provider-health.service.js';
import { ProviderQuotas } from './provider-quotas.js';
import { ProviderRouter } from './provider-router.js';
import { ProviderRoutingController } from './provider-routing.controller.js';
import { ProviderRoutingRepository } from './provider-routing.repository.js';
import { ProviderRoutingService } from './provider-routing.service.js';
import { ProviderSender } from './provider-sender.js';
import { ProviderSettings } from './provider-settings.js';
import { ProviderTestService } from './provider-test.service.js';
import { ProviderUsageRepository } from './provider-usage.repository.js';
import { ProvidersController } from './providers.controller.js';
import { PROVIDER_OUTBOUND } from './providers.events.js';
import { ProvidersRepository } from './providers.repository.js';
import { ProvidersService } from './providers.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([ProviderRecord]), SigningModule],
  // Before the one whose `:id` would take its address.
  controllers: [ProviderRoutingController, ProvidersController, ProviderHealthController],
  providers: [
    ...[ProvidersRepository, ProviderRoutingRepository, ProviderHealthRepository, ProviderUsageRepository],
    ...[ProvidersService, ProviderRoutingService, ProviderHealthService, ProviderTestService, CatalogService],
    ...[ProviderCandidates, ProviderBreakers, ProviderQuotas, ProviderSettings, ProviderRouter, ProviderSender],
    ...[ProviderEvents, ProviderAnnouncer, ProviderGauges],
  ],
  exports: [ProvidersService, ProviderRouter, ProviderSender, ProviderEvents],
})
export class ProvidersModule implements OnModuleInit {
  constructor(private readonly catalogue: OutboundCatalogue) {}

  onModuleInit(): void {
    this.catalogue.declare(PROVIDER_OUTBOUND);
  }
}

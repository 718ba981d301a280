import { Module, type OnModuleInit } from '@nestjs/common';
import { OutboundCatalogue } from '../../platform/outbox/index.js';
import { QUOTA_OUTBOUND } from '../../platform/quotas/index.js';
import { AnalyticsModule } from '../analytics/index.js';
import { ClientUsageRepository } from './client-usage.repository.js';
import { QuotaBook } from './quota-book.js';
import { Quotas } from './quotas.js';
import { UsageController } from './usage.controller.js';

/** What a client may do in an hour and in a day; declares the events of all limits, its own and those of providers. */
@Module({
  imports: [AnalyticsModule],
  controllers: [UsageController],
  providers: [ClientUsageRepository, QuotaBook, Quotas],
  exports: [Quotas],
})
export class QuotasModule implements OnModuleInit {
  constructor(private readonly catalogue: OutboundCatalogue) {}

  onModuleInit(): void {
    this.catalogue.declare(QUOTA_OUTBOUND);
  }
}

import { Module } from '@nestjs/common';
import { AnalyticsController } from './analytics.controller.js';
import { AnalyticsService } from './analytics.service.js';
import { Counted } from './counted.js';
import { CountedRepository } from './counted.repository.js';
import { FiguresRepository } from './figures.repository.js';
import { Rolling } from './rolling.js';
import { RollupsRepository } from './rollups.repository.js';

@Module({
  controllers: [AnalyticsController],
  providers: [RollupsRepository, CountedRepository, FiguresRepository, Counted, AnalyticsService, Rolling],
  exports: [Counted],
})
export class AnalyticsModule {}

import { Module } from '@nestjs/common';
import { Counted } from './counted.js';
import { CountedRepository } from './counted.repository.js';
import { Rolling } from './rolling.js';
import { RollupsRepository } from './rollups.repository.js';

@Module({
  providers: [RollupsRepository, CountedRepository, Counted, Rolling],
  exports: [Counted],
})
export class AnalyticsModule {}

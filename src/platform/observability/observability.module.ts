import { Global, Module } from '@nestjs/common';
import { HealthService } from './health.js';
import { Metrics } from './metrics.js';
import { HealthController, MetricsController } from './observability.controller.js';

@Global()
@Module({
  controllers: [HealthController, MetricsController],
  providers: [HealthService, Metrics],
  exports: [HealthService, Metrics],
})
export class ObservabilityModule {}

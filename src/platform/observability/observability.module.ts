import { Global, Module } from '@nestjs/common';
import { HealthService } from './health.js';
import { Metrics } from './metrics.js';
import { HealthController, MetricsController } from './observability.controller.js';
import { RequestLog } from './request-log.js';

@Global()
@Module({
  controllers: [HealthController, MetricsController],
  providers: [HealthService, Metrics, RequestLog],
  exports: [HealthService, Metrics, RequestLog],
})
export class ObservabilityModule {}

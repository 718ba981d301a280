import { Global, Module } from '@nestjs/common';
import { HealthService } from './health.js';
import { MetricsServer } from './metrics-server.js';
import { Metrics } from './metrics.js';
import { HealthController, MetricsController } from './observability.controller.js';
import { ProcessGauges } from './process-gauges.js';
import { RequestLog } from './request-log.js';
import { SharedReadings } from './shared-readings.js';

@Global()
@Module({
  controllers: [HealthController, MetricsController],
  providers: [HealthService, Metrics, MetricsServer, ProcessGauges, RequestLog, SharedReadings],
  exports: [HealthService, Metrics, ProcessGauges, RequestLog, SharedReadings],
})
export class ObservabilityModule {}

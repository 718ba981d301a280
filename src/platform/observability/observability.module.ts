import { Global, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { HealthService } from './health.js';
import { MetricsServer } from './metrics-server.js';
import { Metrics } from './metrics.js';
import { HealthController, MetricsController } from './observability.controller.js';
import { ProcessGauges } from './process-gauges.js';
import { RequestLog } from './request-log.js';
import { SharedReadings } from './shared-readings.js';
import { Tracing } from './tracing.js';

/** Last of all, so that what others did while they ended is told, too. */
@Injectable()
class LastTraces implements OnApplicationShutdown {
  constructor(private readonly tracing: Tracing) {}

  onApplicationShutdown(): Promise<void> {
    return this.tracing.close();
  }
}

@Global()
@Module({
  controllers: [HealthController, MetricsController],
  providers: [HealthService, LastTraces, Metrics, MetricsServer, ProcessGauges, RequestLog, SharedReadings],
  exports: [HealthService, Metrics, ProcessGauges, RequestLog, SharedReadings],
})
export class ObservabilityModule {}

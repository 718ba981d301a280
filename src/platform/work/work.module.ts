import { Global, Module } from '@nestjs/common';
import { PausedClients } from './paused-clients.js';
import { WorkEngine } from './work-engine.js';
import { WorkMetrics } from './work.metrics.js';
import { WorkStore } from './work.store.js';

@Global()
@Module({
  providers: [WorkStore, WorkMetrics, PausedClients, WorkEngine],
  exports: [WorkEngine, WorkStore, PausedClients],
})
export class WorkModule {}

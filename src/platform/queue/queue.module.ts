import { BullModule } from '@nestjs/bull';
import { type DynamicModule, Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { ENV, type Role, type ResolvedEnv } from '../../config/index.js';
import { bullOptions } from './bull-options.js';
import { QueueDashboard } from './dashboard.js';
import { Hints } from './hints.js';
import { QueueClosing } from './queue-closing.js';
import { RECURRING, RecurringJobs, RecurringProcessor } from './recurring.js';

/** Redis-backed queues. An API process only writes hints; workers also work them off. */
@Global()
@Module({})
export class QueueModule {
  static forRole(role: Role): DynamicModule {
    return {
      module: QueueModule,
      imports: [
        BullModule.forRootAsync({ inject: [ENV], useFactory: (env: ResolvedEnv) => bullOptions(env) }),
        BullModule.registerQueue({ name: RECURRING }),
        DiscoveryModule,
      ],
      providers: [Hints, RecurringJobs, QueueDashboard, QueueClosing, ...(role === 'api' ? [] : [RecurringProcessor])],
      exports: [Hints, RecurringJobs],
    };
  }
}

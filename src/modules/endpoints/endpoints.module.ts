import { BullModule } from '@nestjs/bull';
import { type DynamicModule, Module } from '@nestjs/common';
import type { Role } from '../../config/index.js';
import { SigningModule } from '../signing/index.js';
import { UsersModule } from '../users/index.js';
import { AcceptingService } from './accepting.service.js';
import { DeliveriesRepository } from './deliveries.repository.js';
import { EndpointActionsController } from './endpoint-actions.controller.js';
import { EndpointHeaders } from './endpoint-headers.js';
import { EndpointLogController } from './endpoint-log.controller.js';
import { EndpointLogRepository } from './endpoint-log.repository.js';
import { EndpointLogService } from './endpoint-log.service.js';
import { EndpointSubscriptions } from './endpoint-subscriptions.js';
import { EndpointSwitch } from './endpoint-switch.js';
import { EndpointTestService } from './endpoint-test.service.js';
import { EndpointTurns } from './endpoint-turns.js';
import { EndpointsCleaning } from './endpoints-cleaning.js';
import { EndpointsController } from './endpoints.controller.js';
import { WEBHOOK_REPLAYS, WEBHOOKS } from './endpoints.jobs.js';
import { EndpointsPersonalData } from './endpoints.personal-data.js';
import { EndpointsRepository } from './endpoints.repository.js';
import { EndpointsService } from './endpoints.service.js';
import { EventTypesController } from './event-types.controller.js';
import { EventTypesService } from './event-types.service.js';
import { ForgettingRepository } from './forgetting.repository.js';
import { OutboundEventsRepository } from './outbound-events.repository.js';
import { EndpointsListener } from './outbox.listener.js';
import { ReplayingService } from './replaying.service.js';
import { ReplaysController } from './replays.controller.js';
import { ReplaysProcessor } from './replays.processor.js';
import { ReplaysRepository } from './replays.repository.js';
import { ReplaysService } from './replays.service.js';
import { SettlementService } from './settlement.service.js';
import { TurnsRepository } from './turns.repository.js';
import { WebhookCaller } from './webhook-caller.js';
import { EndpointMeans, WebhookDeliveryService } from './webhook-delivery.service.js';
import { WebhooksProcessor } from './webhooks.processor.js';

const REPOSITORIES = [
  EndpointsRepository,
  OutboundEventsRepository,
  DeliveriesRepository,
  TurnsRepository,
  EndpointLogRepository,
  ReplaysRepository,
  ForgettingRepository,
];
const ALWAYS = [
  ...[EndpointHeaders, EndpointSubscriptions, EndpointSwitch, EndpointsService],
  ...[EventTypesService, EndpointTestService, AcceptingService, EndpointsListener],
  ...[EndpointLogService, ReplaysService, ReplayingService, EndpointsCleaning, EndpointsPersonalData],
  ...[EndpointTurns, EndpointMeans, WebhookCaller, SettlementService, WebhookDeliveryService],
];

@Module({})
export class EndpointsModule {
  /** Every process takes on what there is to tell; workers tell it. */
  static forRole(role: Role): DynamicModule {
    return {
      module: EndpointsModule,
      imports: [BullModule.registerQueue({ name: WEBHOOKS }, { name: WEBHOOK_REPLAYS }), SigningModule, UsersModule],
      controllers: [
        EventTypesController,
        EndpointsController,
        EndpointActionsController,
        EndpointLogController,
        ReplaysController,
      ],
      providers: [...REPOSITORIES, ...ALWAYS, ...(role === 'api' ? [] : [WebhooksProcessor, ReplaysProcessor])],
      exports: [EndpointsService, EndpointHeaders],
    };
  }
}

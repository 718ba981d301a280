import { BullModule } from '@nestjs/bull';
import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { Role } from '../../config/index.js';
import { ClientsModule } from '../clients/index.js';
import { MessagesModule } from '../messages/index.js';
import { SigningModule } from '../signing/index.js';
import { UsersModule } from '../users/index.js';
import { ActionKinds } from './actions/action-kinds.js';
import { ActionRunner } from './actions/action-runner.js';
import { ActionsRepository } from './actions/actions.repository.js';
import { CreateRoomAction } from './actions/create-room.action.js';
import { ForwardAction } from './actions/forward.action.js';
import { ForwardHeaders } from './actions/forward-headers.js';
import { InboundProcessor } from './actions/inbound.processor.js';
import { InboundService } from './actions/inbound.service.js';
import { RuleValues } from './actions/rule-values.js';
import { SendMessageAction } from './actions/send-message.action.js';
import { SendNotificationAction } from './actions/send-notification.action.js';
import { DoorController } from './door/door.controller.js';
import { DoorService } from './door/door.service.js';
import { IntakeRepository } from './door/intake.repository.js';
import { IntakeService } from './door/intake.service.js';
import { EventsCleaning } from './events/events-cleaning.js';
import { EventsController } from './events/events.controller.js';
import { EventsRepository } from './events/events.repository.js';
import { EventsService } from './events/events.service.js';
import { TrialService } from './events/trial.service.js';
import { WebhookSource } from './sources/source.entity.js';
import { SourceDirectory } from './sources/source-directory.js';
import { SourceVerification } from './sources/source-verification.js';
import { SourcesController } from './sources/sources.controller.js';
import { SourcesRepository } from './sources/sources.repository.js';
import { SourcesService } from './sources/sources.service.js';
import { INBOUND } from './webhooks.jobs.js';
import { WebhooksErasureRepository } from './webhooks-erasure.repository.js';
import { WebhooksPersonalData } from './webhooks.personal-data.js';

const SOURCES = [SourcesRepository, SourcesService, SourceDirectory, SourceVerification];
const DOOR = [IntakeRepository, IntakeService, DoorService];

const ACTIONS = [
  ...[ActionsRepository, ActionRunner, RuleValues, ForwardHeaders, InboundService],
  ...[ActionKinds, CreateRoomAction, SendMessageAction, SendNotificationAction, ForwardAction],
];
const EVENTS = [EventsRepository, EventsService, TrialService, EventsCleaning];
const ABOUT_USERS = [WebhooksErasureRepository, WebhooksPersonalData];

@Module({})
export class WebhooksModule {
  /** An API process takes events on; workers do what is to be done about them. @param notifications as the role has it */
  static forRole(role: Role, notifications: DynamicModule): DynamicModule {
    return {
      module: WebhooksModule,
      imports: [
        TypeOrmModule.forFeature([WebhookSource]),
        BullModule.registerQueue({ name: INBOUND }),
        ...[ClientsModule, MessagesModule, SigningModule, UsersModule, notifications],
      ],
      // The door last: its address would take in any other of three parts.
      controllers: [SourcesController, EventsController, DoorController],
      providers: [
        ...SOURCES,
        ...DOOR,
        ...ACTIONS,
        ...EVENTS,
        ...ABOUT_USERS,
        ...(role === 'api' ? [] : [InboundProcessor]),
      ],
      exports: [EventsService],
    };
  }
}

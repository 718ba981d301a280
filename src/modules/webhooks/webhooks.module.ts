import { BullModule } from '@nestjs/bull';
import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { Role } from '../../config/index.js';
import { ClientsModule } from '../clients/index.js';
import { MessagesModule } from '../messages/index.js';
import { SigningModule } from '../signing/index.js';
import { UsersModule } from '../users/index.js';
import { DoorController } from './door/door.controller.js';
import { DoorService } from './door/door.service.js';
import { IntakeRepository } from './door/intake.repository.js';
import { IntakeService } from './door/intake.service.js';
import { WebhookSource } from './sources/source.entity.js';
import { SourceDirectory } from './sources/source-directory.js';
import { SourceVerification } from './sources/source-verification.js';
import { SourcesController } from './sources/sources.controller.js';
import { SourcesRepository } from './sources/sources.repository.js';
import { SourcesService } from './sources/sources.service.js';
import { INBOUND } from './webhooks.jobs.js';

const SOURCES = [SourcesRepository, SourcesService, SourceDirectory, SourceVerification];
const DOOR = [IntakeRepository, IntakeService, DoorService];

@Module({})
export class WebhooksModule {
  /** An API process takes events on; workers do what is to be done about them. @param notifications as the role has it */
  static forRole(_role: Role, notifications: DynamicModule): DynamicModule {
    return {
      module: WebhooksModule,
      imports: [
        TypeOrmModule.forFeature([WebhookSource]),
        BullModule.registerQueue({ name: INBOUND }),
        ...[ClientsModule, MessagesModule, SigningModule, UsersModule, notifications],
      ],
      // The door last: its address would take in any other of three parts.
      controllers: [SourcesController, DoorController],
      providers: [...SOURCES, ...DOOR],
    };
  }
}

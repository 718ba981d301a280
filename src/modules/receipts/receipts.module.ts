import { type DynamicModule, Module } from '@nestjs/common';
import { ProvidersModule } from '../providers/index.js';
import { UsersModule } from '../users/index.js';
import { Polling } from './polling.js';
import { PollsRepository } from './polls.repository.js';
import { ReceiptsController } from './receipts.controller.js';
import { ReceiptsMatching } from './receipts-matching.js';
import { ReceiptsPersonalData } from './receipts.personal-data.js';
import { ReceiptsRepository } from './receipts.repository.js';
import { ReceiptsService } from './receipts.service.js';

@Module({})
export class ReceiptsModule {
  static with(notifications: DynamicModule): DynamicModule {
    return {
      module: ReceiptsModule,
      imports: [notifications, ProvidersModule, UsersModule],
      controllers: [ReceiptsController],
      providers: [
        ReceiptsRepository,
        ReceiptsService,
        ReceiptsMatching,
        PollsRepository,
        Polling,
        ReceiptsPersonalData,
      ],
    };
  }
}

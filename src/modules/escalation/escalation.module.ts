import { type DynamicModule, Module } from '@nestjs/common';
import { MessagesModule } from '../messages/index.js';
import { UsersModule } from '../users/index.js';
import { EscalationContents } from './escalation-contents.js';
import { EscalationSweep } from './escalation-sweep.js';
import { EscalationTrace } from './escalation-trace.js';
import { EscalationPersonalData } from './escalation.personal-data.js';
import { EscalationRepository } from './escalation.repository.js';
import { EscalationService } from './escalation.service.js';
import { ToldRepository } from './told.repository.js';

@Module({})
export class EscalationModule {
  /** @param notifications as the role has it */
  static with(notifications: DynamicModule): DynamicModule {
    return {
      module: EscalationModule,
      imports: [MessagesModule, UsersModule, notifications],
      providers: [
        EscalationRepository,
        ToldRepository,
        EscalationService,
        EscalationContents,
        EscalationTrace,
        EscalationPersonalData,
        EscalationSweep,
      ],
    };
  }
}

import { type DynamicModule, Module } from '@nestjs/common';
import { ClientsModule } from '../clients/index.js';
import { AlertClients } from './alert-clients.js';
import { AlertContents } from './alert-contents.js';
import { AlertsListener } from './alerts.listener.js';
import { AlertsRepository } from './alerts.repository.js';
import { AlertsService } from './alerts.service.js';
import { AlertsSweep } from './alerts-sweep.js';

@Module({})
export class AlertsModule {
  /** @param notifications as the role has it */
  static with(notifications: DynamicModule): DynamicModule {
    return {
      module: AlertsModule,
      imports: [ClientsModule, notifications],
      providers: [AlertsRepository, AlertClients, AlertsService, AlertsListener, AlertContents, AlertsSweep],
    };
  }
}

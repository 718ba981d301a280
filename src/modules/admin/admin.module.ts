import { type DynamicModule, Module } from '@nestjs/common';
import { AuditModule } from '../audit/index.js';
import { ClientsModule } from '../clients/index.js';
import { ProvidersModule } from '../providers/index.js';
import { RoomsModule } from '../rooms/index.js';
import { UsersModule } from '../users/index.js';
import { AccountSupportController } from './account-support.controller.js';
import { ClientRemoval } from './client-removal.js';
import { DeliverySupportController } from './delivery-support.controller.js';
import { InstallationController } from './installation.controller.js';
import { InstallationRepository } from './installation.repository.js';
import { InstallationService } from './installation.service.js';
import { RemovalRepository } from './removal.repository.js';
import { SupportTrail } from './support-trail.js';

@Module({})
export class AdminModule {
  /** @param asRoleHasThem notifications, endpoints and webhooks */
  static with(...asRoleHasThem: DynamicModule[]): DynamicModule {
    return {
      module: AdminModule,
      imports: [AuditModule, ClientsModule, ProvidersModule, RoomsModule, UsersModule, ...asRoleHasThem],
      controllers: [InstallationController, AccountSupportController, DeliverySupportController],
      providers: [InstallationRepository, InstallationService, RemovalRepository, ClientRemoval, SupportTrail],
    };
  }
}

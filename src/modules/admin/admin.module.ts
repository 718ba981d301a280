import { type DynamicModule, Module } from '@nestjs/common';
import { SEALED_ROWS, type SealedRows } from '../../platform/security/index.js';
import { AuditModule } from '../audit/index.js';
import { ClientsModule } from '../clients/index.js';
import { QuotasModule } from '../quotas/index.js';
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
import { UsageListController } from './usage-list.controller.js';
import { SupportTrail } from './support-trail.js';

@Module({})
export class AdminModule {
  /**
   * @param sealed all that is kept under the keys of `SECRET_KEY`
   * @param asRoleHasThem notifications, endpoints and webhooks
   */
  static with(sealed: readonly SealedRows[], ...asRoleHasThem: DynamicModule[]): DynamicModule {
    return {
      module: AdminModule,
      imports: [AuditModule, ClientsModule, ProvidersModule, QuotasModule, RoomsModule, UsersModule, ...asRoleHasThem],
      controllers: [InstallationController, UsageListController, AccountSupportController, DeliverySupportController],
      providers: [
        { provide: SEALED_ROWS, useValue: sealed },
        InstallationRepository,
        InstallationService,
        RemovalRepository,
        ClientRemoval,
        SupportTrail,
      ],
    };
  }
}

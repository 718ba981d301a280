import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ApiKeyRecord } from './api-key.entity.js';
import { ApiKeysRepository } from './api-keys.repository.js';
import { Client } from './client.entity.js';
import { ClientsController } from './clients.controller.js';
import { ClientsRepository } from './clients.repository.js';
import { ClientsService } from './clients.service.js';
import { DefaultClient } from './default-client.js';
import { KeyDirectory } from './key-directory.js';
import { KeysCleaning } from './keys-cleaning.js';
import { KeysService } from './keys.service.js';
import { SuspendedClients } from './suspended-clients.js';
import { OwnLimits } from './own-limits.js';
import { OwnClientController } from './own-client.controller.js';

@Module({
  imports: [TypeOrmModule.forFeature([Client, ApiKeyRecord])],
  controllers: [OwnClientController, ClientsController],
  providers: [
    ClientsRepository,
    ApiKeysRepository,
    ClientsService,
    KeysService,
    KeyDirectory,
    DefaultClient,
    SuspendedClients,
    KeysCleaning,
    OwnLimits,
  ],
  exports: [ClientsService, KeysService, KeyDirectory],
})
export class ClientsModule {}

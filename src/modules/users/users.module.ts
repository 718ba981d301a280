import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DeviceAddresses } from './device-addresses.js';
import { DevicesController } from './devices.controller.js';
import { DevicesRepository } from './devices.repository.js';
import { DevicesService } from './devices.service.js';
import { ErasureService } from './erasure.service.js';
import { ExportService } from './export.service.js';
import { PersonalData } from './personal-data.js';
import { PreferencesController } from './preferences.controller.js';
import { PreferencesRepository } from './preferences.repository.js';
import { PreferencesService } from './preferences.service.js';
import { User } from './user.entity.js';
import { UsersController } from './users.controller.js';
import { OwnPersonalData } from './users.personal-data.js';
import { UsersRepository } from './users.repository.js';
import { UsersService } from './users.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([User])],
  controllers: [UsersController, DevicesController, PreferencesController],
  providers: [
    UsersRepository,
    UsersService,
    DevicesRepository,
    DevicesService,
    DeviceAddresses,
    PreferencesRepository,
    PreferencesService,
    PersonalData,
    OwnPersonalData,
    ErasureService,
    ExportService,
  ],
  exports: [UsersService, UsersRepository, PreferencesRepository, DeviceAddresses, PersonalData],
})
export class UsersModule {}

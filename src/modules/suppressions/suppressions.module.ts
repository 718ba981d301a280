import { Module } from '@nestjs/common';
import { UsersModule } from '../users/index.js';
import { AddressForms } from './address-forms.js';
import { SuppressionKeys } from './suppression-keys.js';
import { SuppressionKeysRepository } from './suppression-keys.repository.js';
import { SuppressionList } from './suppression-list.js';
import { SuppressionsController } from './suppressions.controller.js';
import { SuppressionsPersonalData } from './suppressions.personal-data.js';
import { SuppressionsRepository } from './suppressions.repository.js';
import { SuppressionsService } from './suppressions.service.js';

@Module({
  imports: [UsersModule],
  controllers: [SuppressionsController],
  providers: [
    AddressForms,
    SuppressionKeysRepository,
    SuppressionKeys,
    SuppressionsRepository,
    SuppressionList,
    SuppressionsService,
    SuppressionsPersonalData,
  ],
  exports: [SuppressionList],
})
export class SuppressionsModule {}

import { Module } from '@nestjs/common';
import { UsersModule } from '../users/index.js';
import { AuditController } from './audit.controller.js';
import { AuditRepository } from './audit.repository.js';
import { AuditService } from './audit.service.js';
import { AuditCleaning } from './audit-cleaning.js';
import { AuditPersonalData } from './audit.personal-data.js';

@Module({
  imports: [UsersModule],
  controllers: [AuditController],
  providers: [AuditRepository, AuditService, AuditCleaning, AuditPersonalData],
  exports: [AuditService],
})
export class AuditModule {}

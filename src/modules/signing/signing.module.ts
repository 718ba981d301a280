import { Module } from '@nestjs/common';
import { SigningCleaning } from './signing-cleaning.js';
import { SigningController } from './signing.controller.js';
import { SigningSecrets } from './signing-secrets.js';
import { SigningSecretsRepository } from './signing-secrets.repository.js';
import { SigningService } from './signing.service.js';

@Module({
  controllers: [SigningController],
  providers: [SigningSecretsRepository, SigningSecrets, SigningService, SigningCleaning],
  exports: [SigningSecrets],
})
export class SigningModule {}

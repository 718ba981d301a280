import { Module } from '@nestjs/common';
import { ClientSignature } from './client-signature.js';
import { SigningCleaning } from './signing-cleaning.js';
import { SigningController } from './signing.controller.js';
import { SigningSecrets } from './signing-secrets.js';
import { SigningSecretsRepository } from './signing-secrets.repository.js';
import { SigningService } from './signing.service.js';

@Module({
  controllers: [SigningController],
  providers: [SigningSecretsRepository, SigningSecrets, ClientSignature, SigningService, SigningCleaning],
  exports: [SigningSecrets, ClientSignature],
})
export class SigningModule {}

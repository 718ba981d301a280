import { Global, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { BodyGuard, RateLimitGuard } from '../../platform/http/index.js';
import { Authenticator, TicketAuthenticator } from '../../platform/security/index.js';
import { ClientsModule } from '../clients/index.js';
import { UsersModule } from '../users/index.js';
import { AccessGuard } from './access.guard.js';
import { AuthController } from './auth.controller.js';
import { AuthService } from './auth.service.js';
import { StrangerBodies } from './stranger-bodies.guard.js';
import { FailedKeys } from './failed-keys.js';
import { KeyAuthenticator } from './key-authenticator.js';
import { KeysPersonalData } from './keys.personal-data.js';
import { KeyGuard } from './key.guard.js';
import { LastUse } from './last-use.js';
import { TicketsRepository } from './tickets.repository.js';
import { TicketsService } from './tickets.service.js';

/** Binds the guards of every HTTP handler, in this order: who calls, how often, whether they may, and with what. */
@Global()
@Module({
  imports: [ClientsModule, UsersModule],
  controllers: [AuthController],
  providers: [
    KeyAuthenticator,
    FailedKeys,
    LastUse,
    StrangerBodies,
    AuthService,
    KeysPersonalData,
    TicketsRepository,
    TicketsService,
    { provide: Authenticator, useExisting: KeyAuthenticator },
    { provide: TicketAuthenticator, useExisting: TicketsService },
    { provide: APP_GUARD, useClass: KeyGuard },
    { provide: APP_GUARD, useClass: RateLimitGuard },
    { provide: APP_GUARD, useClass: AccessGuard },
    { provide: APP_GUARD, useClass: BodyGuard },
  ],
  exports: [Authenticator, StrangerBodies, TicketAuthenticator],
})
export class AuthModule {}

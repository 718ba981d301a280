import { type DynamicModule, Module } from '@nestjs/common';
import { ENV, type ResolvedEnv } from './config/index.js';
import { AuthModule } from './modules/auth/index.js';
import { ClientsModule } from './modules/clients/index.js';
import { MessagesModule } from './modules/messages/index.js';
import { RoomsModule } from './modules/rooms/index.js';
import { UsersModule } from './modules/users/index.js';
import { DatabaseModule } from './platform/database/index.js';
import { HttpModule } from './platform/http/index.js';
import { ObservabilityModule } from './platform/observability/index.js';
import { RealtimeModule } from './platform/realtime/index.js';
import { RedisModule } from './platform/redis/index.js';
import { SecurityModule } from './platform/security/index.js';

/** The environment as everything injects it. */
@Module({})
class EnvModule {
  static of(env: ResolvedEnv): DynamicModule {
    return { module: EnvModule, global: true, providers: [{ provide: ENV, useValue: env }], exports: [ENV] };
  }
}

const PLATFORM = [DatabaseModule, RedisModule, SecurityModule, HttpModule, ObservabilityModule];
const FEATURES = [AuthModule, ClientsModule, UsersModule, RoomsModule, MessagesModule];

export interface AppOptions {
  readonly env: ResolvedEnv;
}

/** The only list of modules in the house. */
@Module({})
export class AppModule {
  static forRoot({ env }: AppOptions): DynamicModule {
    return { module: AppModule, imports: [EnvModule.of(env), ...PLATFORM, RealtimeModule.forRole(env.ROLE), ...FEATURES] };
  }
}

import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ENV, type ResolvedEnv } from '../../config/index.js';
import { Clock } from './clock.js';
import { dataSourceOptions } from './data-source.js';
import { Database } from './database.js';
import { Notices } from './notices.js';
import { Statistics } from './statistics.js';

@Global()
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [ENV],
      useFactory: (env: ResolvedEnv) => ({
        ...dataSourceOptions(env.DATABASE_URL, env.DATABASE_POOL_SIZE),
        autoLoadEntities: true,
        retryAttempts: 0,
      }),
    }),
  ],
  providers: [Database, Notices, Clock, Statistics],
  exports: [Database, Notices, Clock],
})
export class DatabaseModule {}

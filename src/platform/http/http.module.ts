import { Global, Module } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { ThrottlerModule, ThrottlerStorage } from '@nestjs/throttler';
import { RateRefusals, REQUESTS_PER_MINUTE, WindowsStore } from './limits/index.js';
import { Linger } from './linger.js';
import { ContentLimitsBook } from './content-limits.js';
import { OnceForgetting } from './once-forgetting.js';
import { OnceStore } from './once.store.js';
import { ViewSchemas } from './openapi/index.js';
import { ProblemFilter } from './problem.filter.js';
import { ValidationPipe } from './validation.js';

@Global()
@Module({ providers: [WindowsStore, RateRefusals], exports: [WindowsStore, RateRefusals] })
class WindowsModule {}

@Global()
@Module({
  imports: [
    WindowsModule,
    ThrottlerModule.forRootAsync({
      inject: [WindowsStore],
      useFactory: (storage: ThrottlerStorage) => ({
        storage,
        throttlers: [{ name: 'minute', ttl: 60_000, limit: REQUESTS_PER_MINUTE }],
      }),
    }),
  ],
  providers: [
    Linger,
    OnceStore,
    OnceForgetting,
    ViewSchemas,
    ContentLimitsBook,
    { provide: APP_FILTER, useClass: ProblemFilter },
    { provide: APP_PIPE, useClass: ValidationPipe },
  ],
  exports: [OnceStore, OnceForgetting, ViewSchemas, ContentLimitsBook, WindowsModule, ThrottlerModule],
})
export class HttpModule {}

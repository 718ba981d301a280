import { Global, Module } from '@nestjs/common';
import { Fanout } from './fanout.js';

@Global()
@Module({ providers: [Fanout], exports: [Fanout] })
export class RealtimeModule {}

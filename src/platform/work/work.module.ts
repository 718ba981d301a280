import { Global, Module } from '@nestjs/common';
import { WorkEngine } from './work-engine.js';
import { WorkStore } from './work.store.js';

@Global()
@Module({ providers: [WorkStore, WorkEngine], exports: [WorkEngine, WorkStore] })
export class WorkModule {}

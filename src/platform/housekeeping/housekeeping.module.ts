import { Module } from '@nestjs/common';
import { OnceCleaning } from './once-cleaning.js';
import { WorkCleaning } from './work-cleaning.js';

/** What keeps the platform's own tables small. */
@Module({ providers: [OnceCleaning, WorkCleaning] })
export class HousekeepingModule {}

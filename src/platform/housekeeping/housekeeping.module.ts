import { Module } from '@nestjs/common';
import { OnceCleaning } from './once-cleaning.js';

/** What keeps the platform's own tables small. */
@Module({ providers: [OnceCleaning] })
export class HousekeepingModule {}

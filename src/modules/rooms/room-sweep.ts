import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ENV, type ResolvedEnv } from '../../config/index.js';
import { RecurringJobs } from '../../platform/queue/index.js';
import { LifecycleService } from './lifecycle.service.js';

/** Has inactive rooms deactivated every `ROOM_SWEEP_SECONDS`, by itself. */
@Injectable()
export class RoomSweep implements OnModuleInit {
  constructor(
    private readonly jobs: RecurringJobs,
    private readonly lifecycle: LifecycleService,
    @Inject(ENV) private readonly env: ResolvedEnv,
  ) {}

  onModuleInit(): void {
    this.jobs.register({
      name: 'rooms.sweep',
      everySeconds: this.env.ROOM_SWEEP_SECONDS,
      run: () => this.lifecycle.sweep(),
    });
  }
}

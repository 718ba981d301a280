import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { ENV, type ResolvedEnv } from '../../config/index.js';
import { type ClientId, Notices } from '../../platform/database/index.js';
import { WorkStore } from '../../platform/work/index.js';
import { PROVIDERS_SET } from '../providers/index.js';
import { DELIVERIES } from './notifications.jobs.js';

/** For which a delivery waits only as long as its providers are as they are. */
const REASONS = ['quota_exceeded', 'breaker_open', 'provider_fault'];
const WITHIN_SECONDS = 2;

/** Has deliveries that wait for a provider looked at again when a client changes one: it may be repaired, or take more. */
@Injectable()
export class WaitingDeliveries implements OnModuleInit {
  private readonly log = new Logger(WaitingDeliveries.name);

  constructor(
    private readonly notices: Notices,
    private readonly work: WorkStore,
    @Inject(ENV) private readonly env: ResolvedEnv,
  ) {}

  onModuleInit(): void {
    if (this.env.ROLE === 'api') return;
    this.notices.on(PROVIDERS_SET, ({ clientId = '' }) => void this.hasten(clientId));
  }

  /** Each process does; whoever comes later finds it done. */
  private async hasten(clientId: ClientId): Promise<void> {
    await this.work
      .hastenWaiting(DELIVERIES, clientId, REASONS, WITHIN_SECONDS)
      .catch((error: unknown) => this.log.debug(`Waiting deliveries keep their time: ${String(error)}`));
  }
}

import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Notices } from '../../platform/database/index.js';
import { PausedClients } from '../../platform/work/index.js';
import { CLIENT_CHANGED } from './clients.service.js';
import { ClientsRepository } from './clients.repository.js';

const AGAIN_MS = 250;

/** Has the work of suspended clients wait, on every process: from the table at first, and from then on as it is heard. */
@Injectable()
export class SuspendedClients implements OnModuleInit, OnApplicationShutdown {
  private readonly log = new Logger(SuspendedClients.name);
  /** The readings that were asked for; an older one says nothing any more. */
  private asked = 0;
  private closed = false;

  constructor(
    private readonly clients: ClientsRepository,
    private readonly paused: PausedClients,
    private readonly notices: Notices,
  ) {}

  /** Before any worker begins. */
  async onModuleInit(): Promise<void> {
    this.notices.on(CLIENT_CHANGED, ({ clientId = '', status }) => {
      if (status === 'suspended') this.paused.add(clientId);
      void this.read();
    });
    this.notices.onGap(() => void this.read());
    this.paused.set(await this.clients.suspended());
  }

  onApplicationShutdown(): void {
    this.closed = true;
  }

  private async read(): Promise<void> {
    const turn = ++this.asked;
    while (!this.closed && turn === this.asked) {
      try {
        const ids = await this.clients.suspended();
        if (turn === this.asked) this.paused.set(ids);
        return;
      } catch (error) {
        this.log.debug(`Who is suspended was not read, and will be: ${String(error)}`);
        await delay(AGAIN_MS, undefined, { ref: false });
      }
    }
  }
}

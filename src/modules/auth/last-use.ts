import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { KeyDirectory } from '../clients/index.js';

const WRITE_EVERY_MS = 30_000;

/** Notes when keys were used, and writes it down now and then: no write in the request. */
@Injectable()
export class LastUse implements BeforeApplicationShutdown {
  private readonly log = new Logger(LastUse.name);
  private readonly used = new Set<string>();
  private isStopping = false;
  private readonly timer = setInterval(() => void this.write(), WRITE_EVERY_MS).unref();

  constructor(private readonly directory: KeyDirectory) {}

  note(keyId: string): void {
    this.used.add(keyId);
    if (this.isStopping) void this.write();
  }

  /** While there still is a database. A process that lingers goes on answering: those that are used from here on are written at once. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    clearInterval(this.timer);
    await this.write();
  }

  private async write(): Promise<void> {
    const keyIds = [...this.used];
    this.used.clear();
    if (keyIds.length === 0) return;
    await this.directory
      .touch(keyIds)
      .catch((error: unknown) =>
        this.log.warn(`lastUsedAt of ${keyIds.length} keys was not written: ${String(error)}`),
      );
  }
}

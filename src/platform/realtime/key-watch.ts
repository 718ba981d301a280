import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Notices } from '../database/index.js';
import { Authenticator, type Revocation } from '../security/index.js';
import { CLOSE } from './close.js';
import type { Connection } from './connection.js';
import { Hub } from './hub.js';

/** A notice can be missed while its connection is away: what is open is checked again this often. */
const RECHECK_MS = 30_000;
/** `setTimeout` holds no more. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Closes sockets whose key has died: at once when it is heard of, and by a look now and then when it was not. */
@Injectable()
export class KeyWatch implements OnModuleInit, OnApplicationShutdown {
  private readonly log = new Logger(KeyWatch.name);
  private readonly timer = setInterval(() => void this.recheck(), RECHECK_MS).unref();

  constructor(
    private readonly hub: Hub,
    private readonly authenticator: Authenticator,
    private readonly notices: Notices,
  ) {}

  onModuleInit(): void {
    this.authenticator.onRevoked((revocation) => this.end(revocation));
    this.notices.onGap(() => void this.recheck());
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** Of a socket that is in the hub: from here on the death of its key ends it. */
  async watch(connection: Connection): Promise<void> {
    const { principal } = connection;
    connection.onGone(() => clearTimeout(connection.expiry));
    if (principal.expiresAt) this.closeAt(connection, principal.expiresAt);
    // The key may have died between its check and this moment, from which on its death is heard of.
    if (!this.authenticator.isCurrent(principal)) await this.recheck([principal.keyId]);
  }

  private closeAt(connection: Connection, at: Date): void {
    const leftMs = at.getTime() - Date.now();
    if (leftMs > LONGEST_TIMER_MS) return; // the recheck will see it
    clearTimeout(connection.expiry);
    connection.expiry = setTimeout(() => connection.close(CLOSE.keyExpired), Math.max(0, leftMs)).unref();
  }

  private end(revocation: Revocation): void {
    const { keyId, at } = revocation;
    if (keyId === undefined || at === undefined) return this.hub.closeRevoked(revocation);
    for (const connection of this.hub.ofKey(keyId)) this.closeAt(connection, at);
  }

  private async recheck(keyIds = this.hub.keyIds): Promise<void> {
    if (keyIds.length === 0) return;
    try {
      for (const revocation of await this.authenticator.findDead(keyIds)) this.end(revocation);
    } catch (error) {
      this.log.debug(`Open keys were not rechecked: ${String(error)}`);
    }
  }
}

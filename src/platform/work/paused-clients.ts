import { Injectable } from '@nestjs/common';
import type { ClientId } from '../database/index.js';

/**
 * Clients whose work waits: none of it is claimed here, whatever is due. What is in hand ends, and what has an end of its own
 * expires. Whoever knows the clients says which these are.
 */
@Injectable()
export class PausedClients {
  private ids: ReadonlySet<ClientId> = new Set();

  has(clientId: ClientId): boolean {
    return this.ids.has(clientId);
  }

  all(): readonly ClientId[] {
    return [...this.ids];
  }

  set(ids: readonly ClientId[]): void {
    this.ids = new Set(ids);
  }

  add(clientId: ClientId): void {
    this.ids = new Set([...this.ids, clientId]);
  }
}

import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { ClientId, UserId } from '../../database/index.js';
import { type ClientLimits, type Principal } from '../../security/index.js';
import { socketLimits } from '../limits.js';
import { CensusStore, type Counts, type Entry, LEASE_MS } from './census.store.js';

/** How long a user who lost their last socket is still held to be there. */
export const GRACE_MS = 10_000;
/** Redis's own grace begins when it hears of the leaving, which is later: asked too soon, it would say so only at the next beat. */
const SETTLE_MS = GRACE_MS + 50;
const BEAT_EVERY_MS = LEASE_MS / 3;

/** The sockets of one client on this node. */
interface Local {
  total: number;
  readonly users: Map<UserId, number>;
  /** Whose last socket here has gone, and when that may show. */
  readonly leaving: Map<UserId, number>;
  readonly statuses: Map<UserId, string>;
  timer?: NodeJS.Timeout;
}

export interface Change {
  readonly clientId: ClientId;
  readonly userId: UserId;
  readonly isHere: boolean;
}

/**
 * Counts sockets per user and client over all nodes, in Redis; while that is away, this node's own. Says when a user's
 * first socket came, and when their last has been gone for the grace, whichever node had it and however that ended.
 */
@Injectable()
export class Census implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly log = new Logger(Census.name);
  private readonly clients = new Map<ClientId, Local>();
  private readonly handlers: ((change: Change) => void)[] = [];
  private timer?: NodeJS.Timeout;

  constructor(private readonly store: CensusStore) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.beatAll(), BEAT_EVERY_MS).unref();
    this.store.onBack(() => void this.restoreAll());
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
    for (const { timer } of this.clients.values()) clearTimeout(timer);
  }

  onChange(handler: (change: Change) => void): void {
    this.handlers.push(handler);
  }

  /** Counts a socket in, unless its user or client has all they may have. */
  async enter({ clientId, userId, limits }: Principal): Promise<boolean> {
    const wasLeaving = userId !== null && (this.clients.get(clientId)?.leaving.delete(userId) ?? false);
    const counts = this.add(clientId, userId, 1);
    const entry = await this.store
      .enter(clientId, counts, limitsOf(limits))
      .catch(() => enterLocally(counts, limits, wasLeaving));
    if (entry === 'user_full' || entry === 'client_full') {
      this.write(clientId, this.add(clientId, userId, -1), null);
      return false;
    }
    if (entry === 'came' && userId !== null) this.tell({ clientId, userId, isHere: true });
    return true;
  }

  /** @returns whether the user has no other socket here */
  leave({ clientId, userId }: Principal): boolean {
    const counts = this.add(clientId, userId, -1);
    this.write(clientId, counts, GRACE_MS);
    if (userId === null || counts.ofUser > 0) return false;
    const local = this.local(clientId);
    local.leaving.set(userId, Date.now() + SETTLE_MS);
    local.timer ??= setTimeout(() => void this.settle(clientId), SETTLE_MS).unref();
    return true;
  }

  /** What users say of themselves, in their order; null for who is not here. */
  async look(clientId: ClientId, userIds: readonly UserId[]): Promise<(string | null)[]> {
    const found = await this.store.look(clientId, userIds).catch(() => this.lookLocally(clientId, userIds));
    return found.map((status) => status || null);
  }

  /** @returns whether it was another before */
  async setStatus(clientId: ClientId, userId: UserId, status: string): Promise<boolean> {
    const { statuses } = this.local(clientId);
    const here = statuses.get(userId) ?? null;
    statuses.set(userId, status);
    const before = await this.store.setStatus(clientId, userId, status).catch(() => here);
    return (before ?? 'online') !== status;
  }

  /** Says that this node lives, and tells of those who are gone. */
  async beat(clientId: ClientId): Promise<void> {
    const local = this.local(clientId);
    const { total } = local;
    const { known, gone } = await this.store.beat(clientId, total);
    for (const userId of gone) this.tellGone(clientId, userId);
    if (known !== total) await this.restore(clientId, local);
    if (local.total === 0 && local.leaving.size === 0) this.clients.delete(clientId);
  }

  private async beatAll(): Promise<void> {
    if (!this.store.isUp) return;
    for (const clientId of [...this.clients.keys()])
      await this.beat(clientId).catch((error: unknown) => this.log.debug(`The census is late: ${String(error)}`));
  }

  private async restoreAll(): Promise<void> {
    for (const [clientId, local] of [...this.clients])
      await this.restore(clientId, local).catch((error: unknown) =>
        this.log.debug(`The census was not restored: ${String(error)}`),
      );
  }

  private async restore(clientId: ClientId, { users, total, statuses }: Local): Promise<void> {
    const came = await this.store.restore(clientId, users, total, GRACE_MS);
    for (const [userId, status] of statuses) await this.store.setStatus(clientId, userId, status);
    for (const userId of came) this.tell({ clientId, userId, isHere: true });
  }

  /** The grace of somebody who left here is over. */
  private async settle(clientId: ClientId): Promise<void> {
    const local = this.local(clientId);
    const now = Date.now();
    const due = [...local.leaving].filter(([, at]) => at <= now).map(([userId]) => userId);
    for (const userId of due) local.leaving.delete(userId);
    local.timer = undefined;
    const [next] = local.leaving.values();
    if (next !== undefined) local.timer = setTimeout(() => void this.settle(clientId), Math.max(1, next - now)).unref();
    await this.beat(clientId).catch(() => due.forEach((userId) => this.tellGone(clientId, userId)));
  }

  private write(clientId: ClientId, counts: Counts, graceMs: number | null): void {
    this.store
      .leave(clientId, counts, graceMs)
      .catch((error: unknown) => this.log.debug(`The census was not written: ${String(error)}`));
  }

  private tellGone(clientId: ClientId, userId: UserId): void {
    const { users, statuses } = this.local(clientId);
    if (users.has(userId)) return;
    statuses.delete(userId);
    this.tell({ clientId, userId, isHere: false });
  }

  private tell(change: Change): void {
    for (const handler of this.handlers) handler(change);
  }

  private add(clientId: ClientId, userId: UserId | null, delta: 1 | -1): Counts {
    const local = this.local(clientId);
    local.total += delta;
    if (userId === null) return { userId, ofUser: 0, ofClient: local.total };
    const ofUser = (local.users.get(userId) ?? 0) + delta;
    if (ofUser > 0) local.users.set(userId, ofUser);
    else local.users.delete(userId);
    return { userId, ofUser, ofClient: local.total };
  }

  private lookLocally(clientId: ClientId, userIds: readonly UserId[]): string[] {
    const { users, leaving, statuses } = this.local(clientId);
    return userIds.map((userId) =>
      users.has(userId) || leaving.has(userId) ? (statuses.get(userId) ?? 'online') : '',
    );
  }

  private local(clientId: ClientId): Local {
    const known = this.clients.get(clientId);
    if (known) return known;
    const local: Local = { total: 0, users: new Map(), leaving: new Map(), statuses: new Map() };
    this.clients.set(clientId, local);
    return local;
  }
}

const limitsOf = (limits: ClientLimits) => {
  const { connections: ofClient, connectionsPerUser: ofUser } = socketLimits(limits);
  return { ofUser, ofClient };
};

function enterLocally({ ofUser, ofClient }: Counts, limits: ClientLimits, wasLeaving: boolean): Entry {
  const most = limitsOf(limits);
  if (ofUser > most.ofUser) return 'user_full';
  if (ofClient > most.ofClient) return 'client_full';
  return ofUser === 1 && !wasLeaving ? 'came' : 'in';
}

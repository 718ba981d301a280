import { Injectable, Logger, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { ClientId, UserId } from '../../database/index.js';
import type { Principal, UserPrincipal } from '../../security/index.js';
import type { Connection } from '../connection.js';
import { Fanout } from '../fanout.js';
import type { Push } from '../push.js';
import { Census, GRACE_MS } from './census.js';
import { PeerDirectory } from './peer-directory.js';
import type { PresenceOf, PresenceStatus } from './presence.status.js';

/** What peers are to hear; of what users say of themselves their own other devices hear too. */
interface Told {
  readonly status: PresenceStatus;
  readonly bySelf: boolean;
}

/** What comes within this time is looked up together: everybody comes at once after a deploy. */
const GATHER_MS = 20;
/** When they went was written as their socket closed; only a node that was killed could not. */
const KNOWN_SECONDS = (2 * GRACE_MS) / 1_000;

/** Who is there, per user over all sockets, devices and nodes; told to, and asked by, those who share a room. */
@Injectable()
export class Presence implements OnModuleInit, BeforeApplicationShutdown {
  private readonly log = new Logger(Presence.name);
  private readonly told = new Gathered<Told>((clientId, changes) => this.publish(clientId, changes));
  private readonly left = new Gathered<true>((clientId, users) => this.saw(clientId, [...users.keys()], 0));
  private readonly gone = new Gathered<true>((clientId, users) => this.saw(clientId, [...users.keys()], KNOWN_SECONDS));

  constructor(
    private readonly census: Census,
    private readonly peers: PeerDirectory,
    private readonly fanout: Fanout,
  ) {}

  onModuleInit(): void {
    this.census.onChange(({ clientId, userId, isHere }) => {
      this.told.put(clientId, userId, { status: isHere ? 'online' : 'offline', bySelf: false });
      if (!isHere) this.gone.put(clientId, userId, true);
    });
  }

  /** Those who left as this process stopped are written down before it ends. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.left.flushAll();
  }

  /** @returns false when the user or the client has all the sockets they may have */
  async enter(connection: Connection): Promise<boolean> {
    const { principal } = connection;
    if (!(await this.census.enter(principal))) return false;
    connection.onGone(() => {
      const isLast = this.census.leave(principal);
      if (isLast && principal.userId !== null) this.left.put(principal.clientId, principal.userId, true);
    });
    return true;
  }

  /** What a user says of themselves, until they are gone; `offline` hides them. */
  async set({ clientId, userId }: UserPrincipal, status: PresenceStatus): Promise<void> {
    if (await this.census.setStatus(clientId, userId, status))
      this.told.put(clientId, userId, { status, bySelf: true });
  }

  /** For each of the users, in their order. Whom the caller shares no room with is as one who was never here. */
  async get(caller: Principal, userIds: readonly UserId[]): Promise<PresenceOf[]> {
    const { clientId } = caller;
    const known = await this.peers.known(caller, userIds);
    const visible = [...known];
    if (visible.length === 0) return userIds.map(stranger);
    const [statuses, lastSeen] = await Promise.all([
      this.census.look(clientId, visible),
      this.peers.lastSeen(clientId, visible),
    ]);
    const now = new Date();
    const found = new Map(
      visible.map((userId, at) => {
        const status = (statuses[at] ?? 'offline') as PresenceStatus;
        const seenAt = status === 'offline' ? lastSeen.get(userId) : now;
        return [userId, { userId, status, lastSeenAt: seenAt?.toISOString() ?? null }];
      }),
    );
    return userIds.map((userId) => found.get(userId) ?? stranger(userId));
  }

  private async publish(clientId: ClientId, changes: ReadonlyMap<UserId, Told>): Promise<void> {
    try {
      const rooms = await this.peers.roomsOf(clientId, [...changes.keys()]);
      const ts = new Date().toISOString();
      for (const [userId, { status, bySelf }] of changes) {
        const audience = { kind: 'rooms', ids: rooms.get(userId) ?? [] } as const;
        const push: Push = { clientId, audience, ev: 'presence.changed', ts, data: { userId, status } };
        if (audience.ids.length > 0) this.fanout.publish(bySelf ? push : { ...push, exceptUser: userId });
      }
    } catch (error) {
      this.log.debug(`Presence was not told: ${String(error)}`);
    }
  }

  private async saw(clientId: ClientId, userIds: readonly UserId[], exceptSeconds: number): Promise<void> {
    await this.peers
      .saw(clientId, userIds, exceptSeconds)
      .catch((error: unknown) => this.log.debug(`Last seen was not written: ${String(error)}`));
  }
}

const stranger = (userId: UserId): PresenceOf => ({ userId, status: 'offline', lastSeenAt: null });

/** Gathers something of each user of a client for a moment; a later one of the same user replaces it. */
class Gathered<T> {
  private readonly byClient = new Map<ClientId, Map<UserId, T>>();

  constructor(private readonly handle: (clientId: ClientId, gathered: ReadonlyMap<UserId, T>) => Promise<void>) {}

  put(clientId: ClientId, userId: UserId, value: T): void {
    const gathered = this.byClient.get(clientId);
    if (gathered) return void gathered.set(userId, value);
    this.byClient.set(clientId, new Map([[userId, value]]));
    setTimeout(() => void this.flush(clientId), GATHER_MS).unref();
  }

  async flushAll(): Promise<void> {
    await Promise.all([...this.byClient.keys()].map((clientId) => this.flush(clientId)));
  }

  private async flush(clientId: ClientId): Promise<void> {
    const gathered = this.byClient.get(clientId);
    this.byClient.delete(clientId);
    if (gathered) await this.handle(clientId, gathered);
  }
}

import { Injectable } from '@nestjs/common';
import type { ClientId, UserId } from '../database/index.js';
import { isMaster, type Revocation } from '../security/index.js';
import { CLOSE } from './close.js';
import type { Connection } from './connection.js';
import { EventScopes } from './event-scopes.js';
import { PreparedPush } from './prepared-push.js';
import type { Push, Topic } from './push.js';
import type { RoomRef } from './room-directory.js';

/** One name per topic; a client's topics are its own. */
export const topicOf = (clientId: ClientId, { kind, id }: Topic): string => `${clientId}/${kind}/${id}`;
const roomTopic = (clientId: ClientId, id: string): string => topicOf(clientId, { kind: 'room', id });

/** The sockets of this node, of both transports, and what each hears. */
@Injectable()
export class Hub {
  private readonly byTopic = new Map<string, Set<Connection>>();
  private readonly byKey = new Map<string, Set<Connection>>();
  private readonly byClient = new Map<string, Set<Connection>>();

  constructor(private readonly scopes: EventScopes) {}

  get size(): number {
    let size = 0;
    for (const connections of this.byClient.values()) size += connections.size;
    return size;
  }

  get keyIds(): string[] {
    return [...this.byKey.keys()];
  }

  has(clientId: ClientId): boolean {
    return this.byClient.has(clientId);
  }

  isOpen(connection: Connection): boolean {
    return this.byKey.get(connection.principal.keyId)?.has(connection) ?? false;
  }

  ofUser(clientId: ClientId, userId: UserId): ReadonlySet<Connection> {
    return this.byTopic.get(topicOf(clientId, { kind: 'user', id: userId })) ?? NONE;
  }

  ofClient(clientId: ClientId): ReadonlySet<Connection> {
    return this.byClient.get(clientId) ?? NONE;
  }

  ofKey(keyId: string): ReadonlySet<Connection> {
    return this.byKey.get(keyId) ?? NONE;
  }

  /** Users of the client with sockets here whose key is their own: what they hear goes by their memberships. */
  usersOf(clientId: ClientId): UserId[] {
    const users = new Set<UserId>();
    for (const { principal } of this.ofClient(clientId))
      if (principal.userId !== null && !isMaster(principal)) users.add(principal.userId);
    return [...users];
  }

  all(): Connection[] {
    return [...this.byClient.values()].flatMap((connections) => [...connections]);
  }

  /** The rooms that somebody on this node hears. */
  rooms(): RoomRef[] {
    return [...this.byTopic.keys()].flatMap((topic) => {
      const [clientId = '', kind, roomId = ''] = topic.split('/');
      return kind === 'room' ? [{ clientId, roomId }] : [];
    });
  }

  /** Those of one client, without a look at all others'. */
  roomsOfClient(clientId: ClientId): RoomRef[] {
    const roomIds = new Set([...this.ofClient(clientId)].flatMap((connection) => this.roomsOf(connection)));
    return [...roomIds].map((roomId) => ({ clientId, roomId }));
  }

  add(connection: Connection): void {
    const { clientId, keyId, userId } = connection.principal;
    into(this.byKey, keyId, connection);
    into(this.byClient, clientId, connection);
    if (userId !== null) this.subscribe(connection, topicOf(clientId, { kind: 'user', id: userId }));
  }

  remove(connection: Connection): void {
    const { clientId, keyId } = connection.principal;
    outOf(this.byKey, keyId, connection);
    outOf(this.byClient, clientId, connection);
    for (const topic of connection.topics) outOf(this.byTopic, topic, connection);
    connection.topics.clear();
  }

  /** The rooms that a socket hears. */
  roomsOf({ topics }: Connection): string[] {
    return [...topics].flatMap((topic) => {
      const [, kind, roomId = ''] = topic.split('/');
      return kind === 'room' ? [roomId] : [];
    });
  }

  hears(connection: Connection, roomId: string): boolean {
    return connection.topics.has(roomTopic(connection.principal.clientId, roomId));
  }

  hear(connection: Connection, roomId: string): void {
    this.subscribe(connection, roomTopic(connection.principal.clientId, roomId));
  }

  unhear(connection: Connection, roomId: string): void {
    const topic = roomTopic(connection.principal.clientId, roomId);
    connection.topics.delete(topic);
    outOf(this.byTopic, topic, connection);
  }

  /** Makes the sockets of users hear a room, or stop hearing it. */
  membership(clientId: ClientId, roomId: string, userIds: readonly UserId[], joined: boolean): void {
    for (const userId of userIds) {
      for (const connection of this.ofUser(clientId, userId)) {
        const apply = () => (joined ? this.hear(connection, roomId) : this.unhear(connection, roomId));
        if (connection.deferred) connection.deferred.push(apply);
        else apply();
      }
    }
  }

  /** Nobody hears the room any more. */
  endRoom(clientId: ClientId, roomId: string): void {
    const topic = roomTopic(clientId, roomId);
    for (const connection of this.byTopic.get(topic) ?? NONE) connection.topics.delete(topic);
    this.byTopic.delete(topic);
  }

  /** @returns how many sockets of this node took it */
  deliver(push: Push): number {
    const connections = this.audienceOf(push);
    if (!connections) return 0;
    const prepared = new PreparedPush(push);
    const mayHear = this.scopes.hearersOf(push.ev);
    let taken = 0;
    for (const connection of connections) {
      if (isExcepted(connection, push) || !mayHear(connection.principal)) continue;
      if (connection.push(prepared)) taken++;
    }
    return taken;
  }

  /** Closes the sockets of a key that died, or of a whole client. */
  closeRevoked({ clientId, keyId, reason }: Revocation): void {
    const close = { revoked: CLOSE.keyRevoked, expired: CLOSE.keyExpired, suspended: CLOSE.suspended }[reason];
    const dead = keyId === undefined ? this.byClient.get(clientId) : this.byKey.get(keyId);
    for (const connection of [...(dead ?? [])]) connection.close(close);
  }

  private audienceOf({ clientId, audience }: Push): ReadonlySet<Connection> | undefined {
    if (audience.kind !== 'rooms') return this.byTopic.get(topicOf(clientId, audience));
    const union = new Set<Connection>();
    for (const id of audience.ids)
      for (const connection of this.byTopic.get(roomTopic(clientId, id)) ?? NONE) union.add(connection);
    return union;
  }

  private subscribe(connection: Connection, topic: string): void {
    connection.topics.add(topic);
    into(this.byTopic, topic, connection);
  }
}

const NONE: ReadonlySet<Connection> = new Set();

const isExcepted = ({ id, principal }: Connection, { exceptSocket, exceptUser }: Push): boolean =>
  id === exceptSocket || (exceptUser !== undefined && principal.userId === exceptUser);

function into(map: Map<string, Set<Connection>>, key: string, connection: Connection): void {
  const set = map.get(key);
  if (set) set.add(connection);
  else map.set(key, new Set([connection]));
}

function outOf(map: Map<string, Set<Connection>>, key: string, connection: Connection): void {
  const set = map.get(key);
  set?.delete(connection);
  if (set?.size === 0) map.delete(key);
}

import { Injectable } from '@nestjs/common';
import { type ClientId, newId, type UserId } from '../../database/index.js';
import { Redis } from '../../redis/index.js';
import { BEAT, ENTER, LEAVE, LOOK, RESTORE } from './census.scripts.js';

const SCRIPTS = { ENTER, LEAVE, BEAT, RESTORE, LOOK } as const;
type ScriptName = keyof typeof SCRIPTS;
type Run = (keyCount: number, ...args: (string | number)[]) => Promise<unknown>;

const commandOf = (name: ScriptName): string => `chatapiCensus${name}`;

/** A node that is silent for so long is dead. */
export const LEASE_MS = 15_000;

export type Entry = 'in' | 'came' | 'user_full' | 'client_full';

/** A user's sockets on this node, and all of the client's. */
export interface Counts {
  readonly userId: UserId | null;
  readonly ofUser: number;
  readonly ofClient: number;
}

/** The census in Redis. Every method rejects while Redis is away. */
@Injectable()
export class CensusStore {
  private readonly node = newId();

  constructor(private readonly redis: Redis) {
    for (const name of Object.keys(SCRIPTS) as ScriptName[])
      redis.commands.defineCommand(commandOf(name), { lua: SCRIPTS[name] });
  }

  get isUp(): boolean {
    return this.redis.isUp;
  }

  onBack(handler: () => void): void {
    this.redis.commands.on('ready', handler);
  }

  async enter(
    clientId: ClientId,
    { userId, ofUser, ofClient }: Counts,
    limits: { readonly ofUser: number; readonly ofClient: number },
  ): Promise<Entry> {
    const args = [userId ?? '', ofUser, ofClient, limits.ofUser, limits.ofClient];
    return (await this.run('ENTER', clientId, args)) as Entry;
  }

  /** @param graceMs after which it shows that the user is gone; null for one who was never let in */
  async leave(clientId: ClientId, { userId, ofUser, ofClient }: Counts, graceMs: number | null): Promise<void> {
    await this.run('LEAVE', clientId, [userId ?? '', ofUser, ofClient, graceMs ?? '']);
  }

  /** Says that this node lives, and asks what Redis has of it and which users are gone for good. */
  async beat(clientId: ClientId, ofClient: number): Promise<{ known: number; gone: UserId[] }> {
    const [known, ...gone] = (await this.run('BEAT', clientId, [ofClient])) as [string, ...UserId[]];
    return { known: Number(known), gone };
  }

  /** Writes all of this node's sockets of a client. @returns users that no node had */
  async restore(
    clientId: ClientId,
    users: ReadonlyMap<UserId, number>,
    ofClient: number,
    graceMs: number,
  ): Promise<UserId[]> {
    return (await this.run('RESTORE', clientId, [graceMs, ofClient, ...[...users].flat()])) as UserId[];
  }

  async look(clientId: ClientId, userIds: readonly UserId[]): Promise<string[]> {
    return (await this.run('LOOK', clientId, userIds)) as string[];
  }

  /** What a user says of themselves until they are gone. @returns what it was before */
  async setStatus(clientId: ClientId, userId: UserId, status: string): Promise<string | null> {
    const key = this.key(clientId, 'status');
    const [before] = await Promise.all([
      this.redis.commands.hget(key, userId),
      this.redis.commands.hset(key, userId, status),
    ]);
    return before;
  }

  private run(name: ScriptName, clientId: ClientId, args: readonly (string | number)[]): Promise<unknown> {
    const commands = this.redis.commands as unknown as Record<string, Run>;
    const keys = [this.key(clientId, 'nodes'), this.key(clientId, 'away'), this.key(clientId, 'status')];
    const run = commands[commandOf(name)];
    if (!run || !this.isUp) return Promise.reject(new Error('Redis is away.'));
    return run.call(commands, keys.length, ...keys, this.key(clientId, 'node', ''), this.node, LEASE_MS, ...args);
  }

  /** The braces keep a client's keys in one slot of a Redis cluster. */
  private key(clientId: ClientId, ...parts: string[]): string {
    return this.redis.key('presence', `{${clientId}}`, ...parts);
  }
}

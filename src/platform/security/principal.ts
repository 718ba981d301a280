import type { ClientId, UserId } from '../database/index.js';
import { UserRequired } from '../errors/index.js';
import type { Scope } from './scopes.js';

/** Kinds of requests that cost much, each counted by itself. */
export type RouteClass = 'login' | 'search' | 'bulk' | 'trial' | 'export';

/** A client's own limits; what is absent has the installation's default. Written by the operator only. */
export interface ClientLimits {
  readonly requestsPerSecond?: number;
  readonly requestsPerMinute?: number;
  /** Of each scoped key. */
  readonly keyRequestsPerSecond?: number;
  readonly keyRequestsPerMinute?: number;
  readonly routesPerMinute?: Readonly<Partial<Record<RouteClass, number>>>;
  readonly commandsPerSecond?: number;
  readonly connections?: number;
  readonly connectionsPerUser?: number;
  /** Calls of other systems that come in at its webhook sources. */
  readonly inboundPerSecond?: number;
  readonly inboundPerMinute?: number;
  readonly messagesPerHour?: number;
  readonly messagesPerDay?: number;
  readonly notificationsPerHour?: number;
  readonly notificationsPerDay?: number;
  readonly channels?: Readonly<Record<string, { readonly perHour?: number; readonly perDay?: number }>>;
}

/** Who calls, on any transport: a key of a client, acting as a user or as the client itself. */
export interface Principal {
  readonly clientId: ClientId;
  readonly keyId: string;
  /** As its owner calls the key. */
  readonly keyName?: string;
  readonly keyType: 'master' | 'scoped';
  readonly scopes: ReadonlySet<Scope>;
  /** The key's own user, or the one a master key named; null when it acts for the client. */
  readonly userId: UserId | null;
  readonly expiresAt: Date | null;
  readonly limits: ClientLimits;
  /** Browser origins that may open sockets with this key; any when there are none. */
  readonly allowedOrigins: readonly string[];
}

export interface UserPrincipal extends Principal {
  readonly userId: UserId;
}

export const isMaster = (caller: Principal): boolean => caller.keyType === 'master';

export function mayUse(caller: Principal, scope: Scope): boolean {
  return isMaster(caller) || caller.scopes.has(scope);
}

/** @throws UserRequired for a master key that named no user */
export function asUser(caller: Principal): UserPrincipal {
  if (caller.userId === null) throw new UserRequired();
  return caller as UserPrincipal;
}

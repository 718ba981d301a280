import { AsyncLocalStorage } from 'node:async_hooks';
import type { UserId } from '../database/index.js';

/** Who does something: the operator of the installation, a key of a client, or the service by itself. */
export interface Actor {
  readonly type: 'operator' | 'key' | 'system';
  readonly keyId?: string;
  /** As the key was called at that time. */
  readonly keyName?: string | undefined;
  /** Whom the key is of, or whom a master key named. */
  readonly userId?: UserId | null;
  /** Where the call came from. */
  readonly address?: string;
  readonly requestId?: string;
}

const SYSTEM: Actor = { type: 'system' };

interface Held {
  actor: Actor;
}

const held = new AsyncLocalStorage<Held>();

/** Whoever is known to do what runs now. */
export const currentActor = (): Actor => held.getStore()?.actor ?? SYSTEM;

/** Runs a call; who makes it is said by {@link actsNow} once it is known. */
export const inCall = <T>(run: () => T): T => held.run({ actor: SYSTEM }, run);

/** Says who makes the call that runs now. Outside of one it says nothing. */
export function actsNow(actor: Actor): void {
  const call = held.getStore();
  if (call) call.actor = actor;
}

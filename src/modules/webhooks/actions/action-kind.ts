import type { Tx } from '../../../platform/database/index.js';
import { type Principal, SCOPES } from '../../../platform/security/index.js';
import type { ActionType } from './action.js';

/** What an action is done for. */
export interface ActionContext {
  readonly clientId: string;
  readonly requestId: string | null;
  /** What it makes has this id, or goes by it, however often it is tried. */
  readonly effectId: string;
  readonly payload: unknown;
  /** How far other systems, told one by the other, have come with this event. */
  readonly hops: number;
  readonly signal: AbortSignal;
}

/** An action that needs no more than to be written. */
export interface Effect {
  /** Writes it, in the transaction that writes that it is done: both happen, or neither. @returns the result */
  apply(tx: Tx): Promise<unknown>;
}

/** How one type of action is done. */
export interface ActionKind<Params extends object> {
  readonly type: ActionType;
  /** Everything that is done outside of a transaction. @throws DomainError, ActionRefused */
  prepare(params: Params, context: ActionContext): Promise<Effect>;
  /** What makes params that are of the right shape ones that cannot be meant. */
  faultsOf?(params: Params): readonly { readonly pointer: string; readonly code: string; readonly message: string }[];
  /** A result as it might be, for those who try their rules. */
  exampleOf(params: Params): object;
}

/** Somebody else has refused what an action asked of them. */
export class ActionRefused extends Error {
  constructor(
    readonly code: string,
    message: string,
    /** Whether another try may succeed, and not before when. */
    readonly again: false | { readonly afterSeconds?: number },
  ) {
    super(message);
    this.name = 'ActionRefused';
  }
}

/** A client's rules do what its master key may. */
export const actingFor = (clientId: string, userId: string | null): Principal => ({
  ...{ clientId, userId, keyId: '', keyType: 'master' },
  ...{ scopes: new Set(SCOPES), expiresAt: null, limits: {}, allowedOrigins: [] },
});

export const EXAMPLE_ID = '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11';

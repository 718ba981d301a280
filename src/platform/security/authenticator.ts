import type { Principal } from './principal.js';

/** Where a key is presented from; failures are counted against it. */
export interface Presentation {
  readonly key: string;
  readonly address: string;
}

/** A ticket instead: for a browser, which cannot send headers with a handshake. */
export interface TicketPresentation {
  readonly ticket: string;
  readonly address: string;
}

/** Turns a presented key into a principal. The auth module provides it; both transports and HTTP ask it. */
export abstract class Authenticator {
  /**
   * @throws DomainError `unauthenticated` for a wrong, expired or revoked key, `client_suspended`,
   * `rate_limited` after too many failures
   */
  abstract authenticate(presentation: Presentation): Promise<Principal>;

  /**
   * For doors that only the operator may pass.
   * @throws DomainError `unauthenticated`, `rate_limited` after too many failures
   */
  abstract assertOperator(presentation: Presentation): Promise<void>;

  /** Whether a presented key is the installation operator's. Constant time. */
  abstract isOperator(key: string): boolean;

  /** Which of these keys have died, for connections that may have missed the news. */
  abstract findDead(keyIds: readonly string[]): Promise<Revocation[]>;

  /** Whether nothing that this process heard of has changed the key since it was checked. */
  abstract isCurrent(principal: Principal): boolean;

  /** Calls back once a key no longer opens anything, with the reason its sockets close for. */
  abstract onRevoked(handler: (revocation: Revocation) => void): void;
}

/** Turns a ticket into the principal of the key it was made with. The auth module provides it. */
export abstract class TicketAuthenticator {
  /** The ticket is used up by this, whatever the answer. @throws DomainError as {@link Authenticator.authenticate} */
  abstract redeem(presentation: TicketPresentation): Promise<Principal>;
}

export interface Revocation {
  readonly clientId: string;
  /** The key that died; absent when the whole client was suspended. */
  readonly keyId?: string;
  readonly reason: 'revoked' | 'expired' | 'suspended';
  /** When it takes hold; at once when absent. */
  readonly at?: Date;
}

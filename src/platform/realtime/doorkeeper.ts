import { Injectable } from '@nestjs/common';
import { DomainError, Unavailable } from '../errors/index.js';
import { rateLimited, RateRefusals, WindowsStore } from '../http/index.js';
import { Authenticator, isMaster, type Principal, TicketAuthenticator } from '../security/index.js';
import { CLOSE, type Close } from './close.js';
import { assertOrigin } from './origin.js';
import { socketLimits } from './limits.js';
import { TokenBucket } from './token-bucket.js';

/** What one process takes of a storm; the rest is told to come back rather than kept waiting until it gives up. */
const HANDSHAKES_PER_SECOND = 2_000;
const HANDSHAKES_AT_ONCE = 4_000;
/** A user may open all of their sockets this often in a minute: over it, something reconnects in a loop. */
const RECONNECTS_PER_MINUTE = 6;

/** Who asks to come in: with a key, or with a ticket for one. */
export interface Handshake {
  readonly key?: string;
  readonly ticket?: string;
  readonly address: string;
  /** Of the page, when a browser asks. */
  readonly origin?: string;
}

/** Decides on handshakes, alike for both transports. */
@Injectable()
export class Doorkeeper {
  private readonly handshakes = new TokenBucket(HANDSHAKES_PER_SECOND, HANDSHAKES_AT_ONCE);
  private closedUntil: number | null = null;

  constructor(
    private readonly authenticator: Authenticator,
    private readonly tickets: TicketAuthenticator,
    private readonly windows: WindowsStore,
    private readonly rateRefusals: RateRefusals,
  ) {}

  get isClosed(): boolean {
    return this.closedUntil !== null;
  }

  /** Lets nobody in any more; by `until` this process is gone. */
  closeUntil(until: number): void {
    this.closedUntil = until;
  }

  /** Before anything is asked. @throws Unavailable while the process stops, or when too many come at once */
  assertOpen(): void {
    if (this.closedUntil !== null)
      throw new Unavailable('This process is stopping.', Math.max(1, (this.closedUntil - Date.now()) / 1_000));
    if (!this.handshakes.take()) throw new Unavailable('Too many come at once.');
  }

  /** @throws DomainError for what is no live key or ticket, a page that may not, and one who comes too often */
  async admit(handshake: Handshake): Promise<Principal> {
    try {
      return await this.check(handshake);
    } catch (thrown) {
      this.rateRefusals.note(thrown);
      throw thrown;
    }
  }

  private async check({ key = '', ticket, address, origin }: Handshake): Promise<Principal> {
    const principal =
      ticket === undefined
        ? await this.authenticator.authenticate({ key, address })
        : await this.tickets.redeem({ ticket, address });
    assertOrigin(principal.allowedOrigins, origin);
    if (!isMaster(principal)) await this.countHandshake(principal);
    return principal;
  }

  private async countHandshake({ keyId, limits }: Principal): Promise<void> {
    const limit = RECONNECTS_PER_MINUTE * socketLimits(limits).connectionsPerUser;
    const [hit] = await this.windows.hit(keyId, [{ name: 'handshakes', limit, ttlMs: 60_000 }]);
    if (hit && hit.count > hit.limit) throw rateLimited(hit, 'key');
  }
}

/** The close code that says the same as a refusal. */
export function closeFor({ code, kind }: DomainError): Close {
  if (code === 'client_suspended') return CLOSE.suspended;
  return kind === 'rate_limited' || kind === 'unavailable' ? CLOSE.rateLimited : CLOSE.badKey;
}

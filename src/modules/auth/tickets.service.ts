import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type Principal, TicketAuthenticator, type TicketPresentation } from '../../platform/security/index.js';
import { KeyAuthenticator } from './key-authenticator.js';
import { TicketsRepository } from './tickets.repository.js';

export const TICKET_SECONDS = 30;
const TICKET_FORM = /^ct_[A-Za-z0-9_-]{43}$/;

/**
 * Tickets for WebSocket addresses: browsers cannot send a key in a header, and a key must never stand in an address.
 * In PostgreSQL, so that a ticket is used once over all processes and works while Redis is away.
 */
@Injectable()
export class TicketsService extends TicketAuthenticator {
  constructor(
    private readonly tickets: TicketsRepository,
    private readonly keys: KeyAuthenticator,
  ) {
    super();
  }

  /** Stands for the caller's key, once, for {@link TICKET_SECONDS}. */
  async issue({ clientId, keyId }: Principal): Promise<string> {
    const ticket = `ct_${randomBytes(32).toString('base64url')}`;
    await this.tickets.insert(clientId, keyId, hashOf(ticket), TICKET_SECONDS);
    return ticket;
  }

  async redeem({ ticket, address }: TicketPresentation): Promise<Principal> {
    const keyId = TICKET_FORM.test(ticket) ? await this.tickets.use(hashOf(ticket)) : null;
    return this.keys.authenticateTicket(keyId, address);
  }
}

const hashOf = (ticket: string): Buffer => createHash('sha256').update(ticket).digest();

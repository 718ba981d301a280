import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { mayUse, type Principal, type Scope } from '../security/index.js';
import { type EventName, scopeOf } from './event.js';
import { eventsOf, gatewaysOf } from './gateways.js';

/** What a key must be allowed to read for its sockets to hear an event, by the tables of the gateways. */
@Injectable()
export class EventScopes implements OnModuleInit {
  private readonly scopes = new Map<string, Scope | null>();

  constructor(private readonly discovery: DiscoveryService) {}

  onModuleInit(): void {
    for (const { type } of gatewaysOf(this.discovery)) {
      for (const [ev, event] of Object.entries(eventsOf(type))) this.scopes.set(ev, scopeOf(event));
    }
  }

  /** Who may hear an event. @throws Error for one that no gateway has in its table */
  hearersOf(ev: EventName): (principal: Principal) => boolean {
    const scope = this.scopes.get(ev);
    if (scope === undefined) throw new Error(`The event ${ev} is in no gateway’s table.`);
    return scope === null ? () => true : (principal) => mayUse(principal, scope);
  }
}

/** Whether a key hears anything of its user's rooms; only then is it told where they stand. */
export const hearsRooms = (principal: Principal): boolean =>
  mayUse(principal, 'rooms:read') || mayUse(principal, 'messages:read');

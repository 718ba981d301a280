import type { Type } from '@nestjs/common';
import { type DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { type Access, ACCESS } from '../security/index.js';
import { COMMAND, type CommandDeclaration, type CommandHandler, GATEWAY } from './command.js';
import type { EventTable } from './event.js';

export interface DeclaredCommand extends CommandDeclaration {
  /** The method that answers it. */
  readonly method: string;
  readonly access: Access;
}

const scanner = new MetadataScanner();
const reflector = new Reflector();

/** A class that answers commands, and what runs them. */
export interface Gateway {
  readonly type: Type;
  readonly instance: Readonly<Record<string, unknown>>;
}

export const gatewaysOf = (discovery: DiscoveryService): Gateway[] =>
  discovery.getProviders().flatMap(({ instance, metatype }) => {
    if (!instance || !metatype || !reflector.get<EventTable | undefined>(GATEWAY, metatype)) return [];
    return [{ type: metatype as Type, instance: instance as Gateway['instance'] }];
  });

/** What a gateway's module pushes. */
export const eventsOf = (gateway: Type): EventTable => reflector.get<EventTable>(GATEWAY, gateway);

/** The commands of a gateway. @throws Error for one that does not say who may call it */
export function commandsOf(gateway: Type): DeclaredCommand[] {
  const handlers = gateway.prototype as Record<string, CommandHandler>;
  return scanner.getAllMethodNames(handlers).flatMap((method) => {
    const handler = handlers[method];
    const declared = handler && reflector.get<CommandDeclaration | undefined>(COMMAND, handler);
    if (!declared) return [];
    const access = reflector.getAllAndOverride<Access | undefined>(ACCESS, [handler, gateway]);
    if (!access)
      throw new Error(`${gateway.name}.${method} does not say who may call it (@RequireScopes, @AnyKey, …).`);
    return [{ ...declared, method, access }];
  });
}

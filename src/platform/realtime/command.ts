import { applyDecorators, Injectable, SetMetadata, type Type } from '@nestjs/common';
import type { Principal } from '../security/index.js';
import type { Connection } from './connection.js';

/** Fixed strings, so that a second copy of this package in a plugin still matches. */
export const GATEWAY = 'chatapi:gateway';
export const COMMAND = 'chatapi:command';

export interface CommandDeclaration {
  readonly name: string;
  readonly input: Type<object>;
}

/** A handler of a command: who calls, the checked input, and the socket for what concerns it alone. */
export type CommandHandler = (caller: Principal, input: object, connection: Connection) => Promise<unknown>;

/**
 * Marks a class whose {@link Command} methods sockets of both transports can call. Nest binds none of its global guards,
 * pipes and filters to gateways; every command passes the one dispatcher instead, which checks scopes and input and
 * words refusals.
 */
export const ChatGateway = (): ClassDecorator => applyDecorators(Injectable(), SetMetadata(GATEWAY, true));

/** A method that answers a command with what it resolves to. Its scopes are declared like an HTTP handler's. */
export const Command = (name: string, input: Type<object>): MethodDecorator => SetMetadata(COMMAND, { name, input } satisfies CommandDeclaration);

/** The input of commands that take none. */
export class NoInput {}

import { applyDecorators, Injectable, SetMetadata, type Type } from '@nestjs/common';
import type { Refusal } from '../http/index.js';
import type { Principal } from '../security/index.js';
import type { Connection } from './connection.js';
import type { EventTable } from './event.js';

/** Fixed strings, so that a second copy of this package in a plugin still matches. */
export const GATEWAY = 'chatapi:gateway';
export const COMMAND = 'chatapi:command';

interface CommandOptions<Input extends object, Answer extends object> {
  /** For readers of the document, in a few words. */
  readonly summary: string;
  readonly input: Type<Input>;
  /** What `ok` holds. */
  readonly returns: Type<Answer>;
  /** Refusals of its own. Those that every command of its kind can give are added where the document is made. */
  readonly errors?: readonly Refusal[];
}

export interface CommandDeclaration extends CommandOptions<object, object> {
  readonly name: string;
}

/** A handler of a command: who calls, the checked input, and the socket for what concerns it alone. */
export type CommandHandler<Input extends object = object, Answer extends object = object> = (
  caller: Principal,
  input: Input,
  connection: Connection,
) => Promise<Answer>;

/**
 * Marks a class whose {@link Command} methods sockets of both transports can call, and what the same module pushes to
 * them. Nest binds none of its global guards, pipes and filters to gateways; every command passes the one dispatcher
 * instead, which checks scopes and input and words refusals.
 */
export const ChatGateway = (events: EventTable = {}): ClassDecorator =>
  applyDecorators(Injectable(), SetMetadata(GATEWAY, events));

/**
 * A method that answers a command with what it resolves to, which must be what the document says: `returns`. Its scopes
 * are declared like an HTTP handler's.
 */
export function Command<Input extends object, Answer extends object>(
  name: string,
  options: CommandOptions<Input, Answer>,
) {
  const mark = SetMetadata(COMMAND, { name, ...options } satisfies CommandDeclaration);
  return <Handler extends CommandHandler<Input, Answer>>(
    target: object,
    method: string,
    descriptor: TypedPropertyDescriptor<Handler>,
  ): void => {
    mark(target, method, descriptor);
  };
}

/** The input of commands that take none. */
export class NoInputDto {
  protected readonly nothing?: never;
}

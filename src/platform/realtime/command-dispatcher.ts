import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { DomainError, InvalidInput } from '../errors/index.js';
import { asDomainError, RateRefusals, unstorable, validated } from '../http/index.js';
import { assertAccess } from '../security/index.js';
import { CLOSE } from './close.js';
import type { CommandHandler } from './command.js';
import type { RateVerdict } from './command-rate.js';
import type { Connection, Reply } from './connection.js';
import { commandsOf, type DeclaredCommand, type Gateway, gatewaysOf } from './gateways.js';
import { MAX_IN_FLIGHT, socketLimits } from './limits.js';

interface Registered extends DeclaredCommand {
  readonly run: CommandHandler;
}

/** Finds every {@link Command} at boot, and is the one way to them from both transports. */
@Injectable()
export class CommandDispatcher implements OnModuleInit {
  private readonly log = new Logger(CommandDispatcher.name);
  private readonly commands = new Map<string, Registered>();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly rateRefusals: RateRefusals,
  ) {}

  onModuleInit(): void {
    for (const gateway of gatewaysOf(this.discovery)) this.registerAll(gateway);
  }

  /** Runs a command; a refusal is an answer too, so this never rejects. */
  async dispatch(connection: Connection, name: string, input: unknown): Promise<Reply> {
    if (connection.inFlight >= MAX_IN_FLIGHT) {
      admitted(connection, connection.rate.refuse(commandsPerSecond(connection)));
      return this.refuse(tooMany(MAX_IN_FLIGHT, 'commands in flight'));
    }
    if (!this.admit(connection)) return this.refuse(tooMany(commandsPerSecond(connection), 'commands in one second'));
    connection.inFlight++;
    try {
      return { ok: await this.run(connection, name, input) };
    } catch (thrown) {
      const error = asDomainError(thrown);
      if (error.kind === 'internal') this.log.error({ err: thrown, command: name, ...whose(connection) });
      return this.refuse(error);
    } finally {
      connection.inFlight--;
    }
  }

  /** Counts what a socket asks of us against its limit; who never stops is closed. */
  admit(connection: Connection): boolean {
    return admitted(connection, connection.rate.take(commandsPerSecond(connection)));
  }

  private refuse(error: DomainError): Reply {
    this.rateRefusals.note(error);
    return refusal(error);
  }

  private run(connection: Connection, name: string, input: unknown): Promise<unknown> {
    const command = this.commands.get(name);
    if (!command) throw new DomainError('invalid', 'unknown_command', `There is no command ${name.slice(0, 64)}.`);
    assertAccess(command.access, connection.principal);
    const fault = unstorable(input, '', 0);
    if (fault) throw InvalidInput.at(fault.pointer, fault.code, fault.message);
    return command.run(connection.principal, validated(command.input, input ?? {}), connection);
  }

  private registerAll({ type, instance }: Gateway): void {
    for (const command of commandsOf(type)) {
      const { name, method } = command;
      if (this.commands.has(name))
        throw new Error(`Two handlers answer the command ${name}; one is ${type.name}.${method}.`);
      const handler = instance[method] as CommandHandler;
      this.commands.set(name, { ...command, run: handler.bind(instance) });
    }
  }
}

const whose = ({ id, principal: { clientId, keyId } }: Connection): object => ({ connectionId: id, clientId, keyId });

const commandsPerSecond = ({ principal }: Connection): number => socketLimits(principal.limits).commandsPerSecond;

function admitted(connection: Connection, verdict: RateVerdict): boolean {
  if (verdict === 'abusive') connection.close(CLOSE.rateLimited);
  return verdict === 'taken';
}

const tooMany = (limit: number, of: string) =>
  new DomainError('rate_limited', 'rate_limited', `More than ${limit} ${of}.`, {
    ...{ retryAfterSeconds: 1, scope: 'connection', members: { limit } },
  });

export function refusal(error: DomainError): Reply {
  const { errors, retryAfterSeconds, members, scope } = error.details;
  const details = errors ? { errors } : members || scope ? { ...members, ...(scope && { scope }) } : undefined;
  return {
    error: {
      code: error.code,
      message: error.message,
      temporary: error.temporary,
      ...(retryAfterSeconds !== undefined && { retryAfterMs: Math.ceil(retryAfterSeconds * 1_000) }),
      ...(details && { details }),
    },
  };
}

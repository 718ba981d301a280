import type { Type } from '@nestjs/common';
import { getSchemaPath } from '@nestjs/swagger';
import { type Refusal, refusal, REFUSALS, resolved, type Schema, type Schemas } from '../../http/index.js';
import { namesOf } from '../../security/index.js';
import { type EventDeclaration, scopeOf } from '../event.js';
import type { DeclaredCommand } from '../gateways.js';
import { isEphemeral } from '../push.js';
import type { Control } from './control.js';
import { CHANNELS } from './frame.js';
import type { Channel, Message, Operation, Ref, Transport } from './model.js';
import { errorOf, exampleOfPayload, type Payload, WIRES } from './wire.js';

/** A frame, its answer, and what the operation says besides. */
interface Exchange extends Pick<Operation, 'action' | 'summary'> {
  readonly payload: Payload;
  readonly answer?: Payload;
  readonly extensions?: Partial<Operation>;
}

/** Gathers the messages of one transport, and the operations that they are part of. */
export class ChannelWriter {
  readonly operations: Record<string, Operation> = {};
  private readonly messages: Record<string, Message> = {};

  constructor(
    private readonly transport: Transport,
    private readonly schemas: Schemas,
  ) {}

  get channel(): Channel {
    return { ...CHANNELS[this.transport], messages: this.messages };
  }

  command(command: DeclaredCommand): void {
    const { name, summary, access } = command;
    const [input, ok] = [refTo(command.input), refTo(command.returns)];
    const codes = codesOf(command);
    const takesNothing = !resolved(input, this.schemas).required?.length;
    this.add(name, {
      action: 'receive',
      summary,
      payload: WIRES[this.transport].command({ name, input, takesNothing }),
      answer: WIRES[this.transport].answer({ ok, error: errorOf(codes) }),
      extensions: {
        'x-command': name,
        'x-scopes': namesOf(access),
        'x-input': input,
        'x-answer': ok,
        'x-errors': codes,
      },
    });
  }

  event(name: string, event: EventDeclaration): void {
    const { summary, kind, data: type } = event;
    const [data, scope] = [refTo(type), scopeOf(event)];
    this.add(name, {
      action: 'send',
      summary,
      payload: WIRES[this.transport].push({ name, data, kind }),
      extensions: {
        'x-event': name,
        'x-scopes': scope === null ? [] : [scope],
        'x-data': data,
        'x-durable': kind === 'durable',
        'x-ephemeral': isEphemeral({ ev: name }),
      },
    });
  }

  control(name: string, control: Control): void {
    this.add(name, control);
  }

  private add(name: string, { action, summary, payload, answer, extensions }: Exchange): void {
    const channel = { $ref: `#/channels/${this.transport}` };
    const message = this.message(name, summary, payload, answer !== undefined);
    const reply = answer && this.message(`${name}.answer`, `The answer to ${name}`, answer, true);
    this.operations[`${this.transport}.${name}`] = {
      action,
      channel,
      summary,
      messages: [message],
      ...(reply && { reply: { channel, messages: [reply] } }),
      ...extensions,
    };
  }

  private message(name: string, summary: string, payload: Payload, isCorrelated: boolean): Ref {
    this.messages[name] = {
      name,
      summary,
      payload,
      ...(isCorrelated && this.transport === 'raw' && { correlationId: { location: '$message.payload#/id' } }),
      examples: [{ payload: exampleOfPayload(payload, this.schemas) }],
    };
    return { $ref: `#/channels/${this.transport}/messages/${name}` };
  }
}

const refTo = (type: Type<object>): Schema => ({ $ref: getSchemaPath(type) });

/** What any command can be refused with. */
const ALWAYS: readonly Refusal[] = ['validation_failed', 'rate_limited', 'internal', 'unavailable'];

/** Every code of a command's refusals, in the order of the table. */
function codesOf({ access, errors = [] }: DeclaredCommand): string[] {
  const given = new Set<Refusal>([...errors, ...ALWAYS]);
  if (access.kind === 'scopes') given.add('scope_missing');
  if (access.kind === 'master') given.add('forbidden');
  return (Object.keys(REFUSALS) as Refusal[])
    .filter((code) => given.has(code))
    .map((code) => refusal(code).code ?? code);
}

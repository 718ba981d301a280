import { getSchemaPath, type SchemaObject } from '@nestjs/swagger';
import { exampleOf, type Schema, type Schemas } from '../../http/index.js';
import type { EventDeclaration } from '../event.js';
import { CommandErrorView } from '../wire.view.js';

/** A list of just these, in this order: AsyncAPI speaks JSON Schema draft 7, where a list's places are its `items`. */
interface ListSchema {
  readonly type: 'array';
  readonly items: readonly Schema[];
  readonly minItems: number;
  readonly maxItems: number;
}
export type Payload = Schema | ListSchema;

export const listOf = (...items: Schema[]): ListSchema => ({
  type: 'array',
  items,
  minItems: items.length,
  maxItems: items.length,
});

export const exampleOfPayload = (payload: Payload, schemas: Schemas): unknown =>
  'items' in payload && Array.isArray(payload.items)
    ? payload.items.map((item: Schema) => exampleOf(item, schemas))
    : exampleOf(payload as Schema, schemas);

/** `const`, in the words of both kinds of document. */
export const exactly = (value: string): SchemaObject => ({ type: 'string', enum: [value], example: value });

export const objectOf = (properties: Record<string, Schema>, required: string[]): SchemaObject => ({
  type: 'object',
  properties,
  required,
});

/** An answer's error, with one of these codes. */
export const errorOf = (codes: readonly string[]): SchemaObject => ({
  allOf: [{ $ref: getSchemaPath(CommandErrorView) }, { properties: { code: { enum: [...codes] } } }],
});

export const ID: SchemaObject = { type: 'integer', minimum: 0, maximum: 0xffff_ffff, example: 7 };
const ROOM_ID: SchemaObject = { type: 'string', format: 'uuid', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11' };
const OFFSET: SchemaObject = { type: 'integer', minimum: 1, example: 57 };
const TS: SchemaObject = { type: 'string', format: 'date-time', example: '2026-11-24T09:30:00.000Z' };

interface CommandShape {
  readonly name: string;
  readonly input: Schema;
  /** Whether it may come without any. */
  readonly takesNothing: boolean;
}

interface AnswerShape {
  readonly ok: Schema;
  readonly error: Schema;
}

interface PushShape {
  readonly name: string;
  readonly data: Schema;
  readonly kind: EventDeclaration['kind'];
}

/** How a transport writes what both say. */
interface Wire {
  command(shape: CommandShape): Payload;
  answer(shape: AnswerShape): Payload;
  push(shape: PushShape): Payload;
}

/** Just one of the two. */
const either = ({ ok, error }: AnswerShape): SchemaObject => ({
  type: 'object',
  oneOf: [
    { properties: { ok }, required: ['ok'] },
    { properties: { error }, required: ['error'] },
  ],
});

/** Where and when of a push. Only a durable one has an offset. */
function envelope(kind: EventDeclaration['kind'], further: Record<string, Schema> = {}): SchemaObject {
  const properties = { ...further, roomId: ROOM_ID, ...(kind === 'durable' && { offset: OFFSET }), ts: TS };
  const required = { durable: ['roomId', 'offset', 'ts'], room: ['roomId', 'ts'], socket: ['ts'] }[kind];
  return {
    ...objectOf(properties, [...Object.keys(further), ...required]),
    ...(kind !== 'durable' && { not: objectOf({ offset: {} }, ['offset']) }),
  };
}

const raw: Wire = {
  command: ({ name, input, takesNothing }) =>
    objectOf({ id: ID, cmd: exactly(name), data: input }, takesNothing ? ['cmd'] : ['cmd', 'data']),
  answer: (shape) => ({ ...objectOf({ id: ID }, ['id']), ...either(shape) }),
  push: ({ name, data, kind }) => envelope(kind, { ev: exactly(name), data }),
};

const socketIo: Wire = {
  command: ({ input, takesNothing }) => ({ ...listOf(input), ...(takesNothing && { minItems: 0 }) }),
  answer: (shape) => listOf(either(shape)),
  push: ({ data, kind }) => listOf(data, envelope(kind)),
};

export const WIRES = { raw, socketIo } as const;

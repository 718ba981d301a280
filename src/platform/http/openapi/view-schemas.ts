import { type INestApplication, Injectable, type Type } from '@nestjs/common';
import { getSchemaPath } from '@nestjs/swagger';
import { schemasOf } from './document.js';
import { exampleOf, type Schemas } from './example.js';

export interface ViewSchema {
  /** JSON schema, complete in itself. */
  readonly schema: object;
  readonly example: object;
}

const PREFIX = '#/components/schemas/';
const DEFINITIONS = '#/$defs/';

/** The JSON schemas of views, for those who ask the running service for them. */
@Injectable()
export class ViewSchemas {
  private readonly known = new Map<Type<object>, ViewSchema>();
  private app?: INestApplication;

  /** Whose views they are: nothing can be described before it is built. */
  from(app: INestApplication): void {
    this.app = app;
  }

  of(views: readonly Type<object>[]): ReadonlyMap<Type<object>, ViewSchema> {
    const missing = views.filter((view) => !this.known.has(view));
    if (missing.length === 0) return this.known;
    if (!this.app) throw new Error('There is no application to describe yet.');
    const schemas = schemasOf(this.app, missing);
    for (const view of missing) this.known.set(view, described(view, schemas));
    return this.known;
  }
}

function described(view: Type<object>, schemas: Schemas): ViewSchema {
  const $ref = getSchemaPath(view);
  const own = schemas[$ref.slice(PREFIX.length)] ?? {};
  const names = new Set(namesIn(own));
  for (const name of names) for (const further of namesIn(schemas[name])) names.add(further);
  const definitions = Object.fromEntries([...names].sort().map((name) => [name, jsonSchemaOf(schemas[name])]));
  const schema = { ...(jsonSchemaOf(own) as object), ...(names.size > 0 && { $defs: definitions }) };
  return { schema, example: exampleOf({ $ref }, schemas) as object };
}

const namesIn = (thing: unknown): string[] =>
  [...(JSON.stringify(thing) ?? '').matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name ?? '');

/** As JSON Schema writes what OpenAPI 3.0 has words of its own for. */
function jsonSchemaOf(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(jsonSchemaOf);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { nullable, example, $ref, enum: values, ...rest } = schema as Record<string, unknown>;
  const written = {
    ...Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, jsonSchemaOf(value)])),
    ...(typeof $ref === 'string' && { $ref: $ref.replace(PREFIX, DEFINITIONS) }),
    ...(Array.isArray(values) && { enum: nullable === true ? [...(values as unknown[]), null] : values }),
    ...(example !== undefined && { examples: [example] }),
  };
  if (nullable !== true) return written;
  if (typeof rest.type === 'string') return { ...written, type: [rest.type, 'null'] };
  return 'type' in written ? written : { anyOf: [written, { type: 'null' }] };
}

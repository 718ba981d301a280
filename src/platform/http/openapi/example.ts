import type { ContentObject, ExampleObject, ReferenceObject, SchemaObject } from '@nestjs/swagger';

export type Schema = SchemaObject | ReferenceObject;
export type Schemas = Readonly<Record<string, Schema>>;

const PREFIX = '#/components/schemas/';
const nameIn = ({ $ref }: ReferenceObject): string => $ref.slice(PREFIX.length);

/** The schema itself, wherever it is written. */
export function resolved(schema: Schema, schemas: Schemas): SchemaObject {
  if (!('$ref' in schema)) return schema;
  const found = schemas[nameIn(schema)];
  if (!found) throw new Error(`The document has no schema ${schema.$ref}.`);
  return resolved(found, schemas);
}

/** A value that fits the schema, put together from the examples of its fields; undefined where a field has none. */
export function exampleOf(schema: Schema, schemas: Schemas): unknown {
  const found = resolved(schema, schemas);
  if (found.example !== undefined) return found.example as unknown;
  const { properties, items, anyOf, oneOf, allOf } = found;
  const part = anyOf?.[0] ?? oneOf?.[0] ?? allOf?.[0];
  if (part) return withFields(exampleOf(part, schemas), properties && fieldsOf(properties, schemas));
  if (items) return [exampleOf(items, schemas)];
  return properties && fieldsOf(properties, schemas);
}

function fieldsOf(properties: Schemas, schemas: Schemas): object {
  const fields = Object.entries(properties).map(([name, field]) => [name, exampleOf(field, schemas)] as const);
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined));
}

const withFields = (part: unknown, fields: object | undefined): unknown =>
  fields && typeof part === 'object' ? { ...fields, ...part } : part;

/** The examples of bodies: each class has one, which is written once and referred to. */
export class BodyExamples {
  readonly examples: Record<string, ExampleObject> = {};

  constructor(private readonly schemas: Schemas) {}

  /** The content with an example; `given` where the examples of its fields do not make one that works. */
  with(content: ContentObject, given?: object): ContentObject {
    return Object.fromEntries(
      Object.entries(content).map(([type, media]) => {
        const { schema } = media;
        const item = schema && !('$ref' in schema) ? schema.items : undefined;
        const named = item ?? schema;
        if (!schema || !named || !('$ref' in named)) return [type, media];
        const name = `${item ? 'ListOf' : ''}${nameIn(named)}`;
        this.examples[name] ??= { value: given ?? exampleOf(schema, this.schemas) };
        return [type, { ...media, examples: { [name]: { $ref: `#/components/examples/${name}` } } }];
      }),
    );
  }
}

import { Injectable, type Type } from '@nestjs/common';
import { ProviderRegistry } from '../../extension/provider-registry.js';
import { secretFieldsOf } from '../../extension/provider.js';

export interface CatalogEntry {
  readonly kind: string;
  readonly channels: readonly string[];
  readonly title: string;
  readonly secrets: readonly string[];
  readonly settings: object;
}

interface Schema {
  readonly type: 'object';
  readonly additionalProperties: false;
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, object>>;
}

/** Where the documentation decorators keep what a field says. */
const FIELDS = 'swagger/apiModelPropertiesArray';
const FIELD = 'swagger/apiModelProperties';

type Documented = Readonly<Record<string, unknown>> & { readonly type?: unknown; readonly required?: boolean };

/** The kinds of provider that are installed, each with the JSON schema of its settings. */
@Injectable()
export class CatalogService {
  constructor(private readonly registry: ProviderRegistry) {}

  list(): CatalogEntry[] {
    return this.registry
      .all()
      .filter(({ isBuiltIn }) => !isBuiltIn)
      .map(({ kind, channels, title, settings }) => ({
        kind,
        channels,
        title,
        secrets: secretFieldsOf(settings),
        settings: withChannels(schemaOf(settings), channels),
      }));
  }
}

/** Which channels there are depends on what is installed. */
function withChannels(schema: Schema, channels: readonly string[]): Schema {
  const { channel } = schema.properties;
  if (channel === undefined || channels.length < 2) return schema;
  return { ...schema, properties: { ...schema.properties, channel: { ...channel, enum: channels } } };
}

/** From the same decorators that validate: what is accepted is what is said. */
function schemaOf(type: Type): Schema {
  const prototype = type.prototype as object;
  const names = ((Reflect.getMetadata(FIELDS, prototype) as string[] | undefined) ?? []).map((name) =>
    name.replace(/^:/, ''),
  );
  const fields = names.map((name) => [name, Reflect.getMetadata(FIELD, prototype, name) as Documented] as const);
  return {
    type: 'object',
    additionalProperties: false,
    required: fields.filter(([, { required }]) => required).map(([name]) => name),
    properties: Object.fromEntries(fields.map(([name, field]) => [name, propertyOf(field)])),
  };
}

const PRIMITIVES = new Map<unknown, string>([
  [String, 'string'],
  [Boolean, 'boolean'],
  [Number, 'number'],
]);

function propertyOf({ type, required: _required, ...rest }: Documented): object {
  if (typeof type !== 'function' || PRIMITIVES.has(type))
    return { ...rest, ...(type !== undefined && { type: PRIMITIVES.get(type) ?? type }) };
  return { ...rest, ...schemaOf((type as () => Type)()) };
}

import type { Type } from '@nestjs/common';
import type { ProviderRegistry, RegisteredProvider } from '../extension/provider-registry.js';
import { secretFieldsOf } from '../extension/provider.js';
import { CatalogService } from '../modules/providers/catalog.service.js';
import { ProviderSettings } from '../modules/providers/provider-settings.js';
import { InvalidInput } from '../platform/errors/index.js';
import { validated } from '../platform/http/index.js';
import { must } from './check.js';

export type Fields = Readonly<Record<string, unknown>>;

interface Schema {
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, { readonly type?: unknown; readonly enum?: unknown }>>;
}

/** A registry of this one class: the house's own services say what callers will see of it. */
const registryOf = (settings: Type<object>): ProviderRegistry => {
  const kind = { kind: 'this', channels: [], title: 'This', settings } as unknown as RegisteredProvider;
  return { find: () => kind, all: () => [kind] } as unknown as ProviderRegistry;
};

export function schemaOf(type: Type<object>): Schema {
  const [entry] = new CatalogService(registryOf(type)).list();
  return entry?.settings as Schema;
}

/** As the service stores and shows it: with every secret taken out that the class marks. */
export const redacted = (type: Type<object>, settings: object, text: string): string =>
  new ProviderSettings(registryOf(type), undefined as never).redact('this', settings as Fields, text);

/** @returns the pointers of what is wrong with it */
export function refusalOf(type: Type<object>, input: unknown): string[] {
  try {
    validated(type, input);
    return [];
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return (error.details.errors ?? []).map(({ pointer, message }) => `${pointer} ${message}`);
  }
}

/** What is stored is JSON, and that is what a class's users get: no instances, no dates. */
export const asStored = <T extends object>(fields: T): T => JSON.parse(JSON.stringify(fields)) as T;

/** Settings of a provider and contents of a channel are both classes with the field decorators. */
export function checkFields(type: Type<object>, given: object): void {
  const faults = refusalOf(type, asStored(given));
  must(faults.length === 0, `What you gave is not valid by the class ${type.name}: ${faults.join(', ')}`);
  must(refusalOf(type, { ...given, 'not a field': 1 }).length > 0, `${type.name} takes a field that it does not have.`);
}

export function checkSchema(type: Type<object>, given: object): void {
  const { required, properties } = schemaOf(type);
  for (const name of Object.keys(given)) {
    const { type: form, enum: values } = properties[name] ?? {};
    must(
      form !== undefined || values !== undefined,
      `${name} is not in the JSON schema: declare it with Text, Int, OneOf and their like, which validate and describe.`,
    );
  }
  for (const name of required) {
    const without = Object.fromEntries(Object.entries(given).filter(([other]) => other !== name));
    must(refusalOf(type, without).length > 0, `${name} is required by the JSON schema, yet may be left out.`);
  }
}

const LOOKS_SECRET = /secret|token|passw|passphrase|api_?key|private_?key|signing_?key|credential|auth_?key/i;

export function checkSecrets(type: Type<object>): void {
  const { properties } = schemaOf(type);
  const secrets = secretFieldsOf(type);
  for (const name of secrets)
    must(
      ['string', 'object'].includes(String(properties[name]?.type)),
      `${name} is marked as secret and is neither a text nor an object of texts: only such can be masked.`,
    );
  for (const name of Object.keys(properties))
    must(
      !LOOKS_SECRET.test(name) || secrets.includes(name),
      `${name} looks like a secret and is not marked: put @Secret() before it, or name it otherwise.`,
    );
}

const otherThan = (secret: unknown): unknown => {
  if (typeof secret === 'string') return secret.slice(0, -1) + (secret.endsWith('z') ? 'y' : 'z');
  if (typeof secret !== 'object' || secret === null) return secret;
  return Object.fromEntries(Object.entries(secret).map(([name, value]) => [name, otherThan(value)]));
};

/** The same, with other secrets. */
export const withOtherSecrets = <T extends object>(type: Type<object>, settings: T): T => {
  const known = settings as Fields;
  const changed = secretFieldsOf(type).flatMap((name) => {
    return known[name] === undefined ? [] : [[name, otherThan(known[name])] as const];
  });
  return { ...settings, ...Object.fromEntries(changed) };
};

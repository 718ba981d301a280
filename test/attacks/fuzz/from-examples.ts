import fc, { type Arbitrary } from 'fast-check';
import { theContract } from '../../support/contract.js';
import type { Schema } from '../../support/judge.js';
import { athome, MOST_DEEP } from './from-schema.js';

/** Examples are what comes past checks that no schema tells of; what is made of the schema alone often does not. */
const EXAMPLES = 3;

interface Form {
  readonly type?: string;
  readonly example?: unknown;
  readonly enum?: readonly unknown[];
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly minLength?: number;
}

/** Values that a schema allows, any of its optional fields among them: what it takes to come past every check, to what is behind. */
export function allowedBy(schema: Schema, depth = 0): Arbitrary<unknown> {
  const form = theContract().resolved<Form>(schema);
  const example = (schema as Form).example ?? form.example;
  const made = madeOf(form, depth);
  return example === undefined || form.enum
    ? made
    : fc.oneof({ weight: EXAMPLES, arbitrary: fc.constant(athome(example)) }, made);
}

function madeOf(form: Form, depth: number): Arbitrary<unknown> {
  if (form.enum) return fc.constantFrom(...form.enum);
  const forms = form.oneOf ?? form.anyOf ?? form.allOf;
  if (forms) return fc.oneof(...forms.map((one) => allowedBy(one, depth)));
  switch (form.type) {
    case 'object':
      return depth > MOST_DEEP ? fc.constant({}) : objectOf(form, depth);
    case 'array':
      return depth > MOST_DEEP ? fc.constant([]) : listOf(form, depth);
    case 'boolean':
      return fc.boolean();
    case 'integer':
    case 'number':
      return fc.constant(form.minimum ?? 1);
    default:
      return fc.constant('x'.repeat(form.minLength ?? 3));
  }
}

function objectOf({ properties = {}, required = [] }: Form, depth: number): Arbitrary<unknown> {
  const fields = Object.entries(properties).map(([name, field]) => [name, allowedBy(field, depth + 1)] as const);
  return fc.record(Object.fromEntries(fields), { requiredKeys: required.filter((name) => name in properties) });
}

function listOf({ items = {}, minItems: least = 0 }: Form, depth: number): Arbitrary<unknown> {
  return fc.array(allowedBy(items, depth + 1), { minLength: least, maxLength: least + 2 });
}

import fc, { type Arbitrary } from 'fast-check';
import type { Schema } from '../../support/judge.js';
import { theContract } from '../../support/contract.js';
import { hostileNumber, hostileText, hostileValue } from './hostile.js';

/** Of ten values so many are of the form that the schema asks for, so that what is behind the first check is reached. */
const FIT = 12;
export const MOST_DEEP = 5;
const NOWHERE = 'http://127.0.0.1:9/nobody';
/** Examples name places in the world; nothing here may lead there. */
const OUT_THERE = /^(?!.*@).*\b[\w-]+\.(com|org|net|io|example|test|dev)\b/i;

/** Values as a schema asks for them, at its bounds and a step beyond, with now and then something else in any place. */
export function valuesOf(schema: Schema, depth = 0): Arbitrary<unknown> {
  const { example } = schema;
  const whole = fitting(theContract().resolved<Schema>(schema), depth);
  const fit = example === undefined ? whole : fc.oneof(whole, fc.constant(athome(example)));
  return fc.oneof({ weight: FIT, arbitrary: fit }, { weight: 1, arbitrary: hostileValue });
}

function fitting(schema: Schema, depth: number): Arbitrary<unknown> {
  const {
    enum: choices,
    oneOf,
    anyOf,
    allOf,
    type,
  } = schema as {
    enum?: unknown[];
    oneOf?: Schema[];
    anyOf?: Schema[];
    allOf?: Schema[];
    type?: string | string[];
  };
  if (choices) return fc.constantFrom(...choices);
  const forms = oneOf ?? anyOf ?? allOf;
  if (forms) return fc.oneof(...forms.map((form) => valuesOf(form, depth)));
  switch (Array.isArray(type) ? type[0] : type) {
    case 'string':
      return texts(schema);
    case 'integer':
    case 'number':
      return numbers(schema);
    case 'boolean':
      return fc.boolean();
    case 'array':
      return depth > MOST_DEEP ? fc.constant([]) : lists(schema, depth);
    case 'object':
      return depth > MOST_DEEP ? fc.constant({}) : objects(schema, depth);
    default:
      return hostileValue;
  }
}

function texts({ format, minLength, maxLength, example }: Schema): Arbitrary<unknown> {
  if (format === 'uuid') return fc.oneof(fc.uuid(), hostileText);
  if (format === 'date-time')
    return fc.oneof(
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      hostileText,
    );
  if (format === 'uri' || format === 'url') return fc.constantFrom(NOWHERE, 'http://[::1]:9/', 'ftp://127.0.0.1/');
  if (format === 'email') return fc.constantFrom('ann@simulator.test', 'Ann <ann@simulator.test>', 'ann@localhost');
  const least = typeof minLength === 'number' ? minLength : 0;
  const most = typeof maxLength === 'number' ? maxLength : 40;
  return fc.oneof(
    { weight: 3, arbitrary: fc.string({ minLength: least, maxLength: Math.min(most, least + 20) }) },
    { weight: 2, arbitrary: hostileText },
    ...(typeof example === 'string' ? [{ weight: 4, arbitrary: fc.constant(athome(example)) }] : []),
    fc.constantFrom('x'.repeat(least), 'x'.repeat(Math.max(0, least - 1)), 'x'.repeat(most), 'x'.repeat(most + 1)),
  );
}

function numbers({ minimum, maximum }: Schema): Arbitrary<unknown> {
  const least = typeof minimum === 'number' ? minimum : 0;
  const most = typeof maximum === 'number' ? maximum : 2 ** 31;
  return fc.oneof(
    {
      weight: 3,
      arbitrary: fc.maxSafeInteger().map((n) => least + (Math.abs(n) % Math.max(1, Math.min(most - least, 1_000)))),
    },
    fc.constantFrom(least, least - 1, most, most + 1),
    hostileNumber,
  );
}

function lists({ items, minItems, maxItems }: Schema, depth: number): Arbitrary<unknown> {
  const item = valuesOf((items ?? {}) as Schema, depth + 1);
  const least = typeof minItems === 'number' ? minItems : 0;
  const few = fc.array(item, { minLength: least, maxLength: least + 3 });
  if (typeof maxItems !== 'number') return few;
  const full = fc.tuple(item, fc.constantFrom(maxItems, maxItems + 1));
  return fc.oneof(
    { weight: 8, arbitrary: few },
    full.map(([one, times]) => Array(times).fill(one)),
  );
}

function objects({ properties, required, additionalProperties }: Schema, depth: number): Arbitrary<unknown> {
  const fields = Object.entries((properties ?? {}) as Record<string, Schema>);
  const model = Object.fromEntries(fields.map(([name, schema]) => [name, valuesOf(schema, depth + 1)]));
  const known = fc.record(model, { requiredKeys: ((required ?? []) as string[]).filter((name) => name in model) });
  const missing = fc.record(model, { requiredKeys: [] });
  const more =
    typeof additionalProperties === 'object' ? valuesOf(additionalProperties as Schema, depth + 1) : hostileValue;
  const extra = fc
    .tuple(known, fc.dictionary(hostileText, more, { maxKeys: 2 }))
    .map(([one, others]) => ({ ...one, ...others }));
  return fc.oneof(
    { weight: 8, arbitrary: known },
    { weight: 1, arbitrary: missing },
    { weight: additionalProperties === undefined ? 1 : 6, arbitrary: extra },
  );
}

/** The same with every place in the world moved to this machine. */
export function athome(example: unknown): unknown {
  if (typeof example === 'string') return OUT_THERE.test(example) ? moved(example) : example;
  if (Array.isArray(example)) return example.map(athome);
  if (typeof example !== 'object' || example === null) return example;
  return Object.fromEntries(Object.entries(example).map(([name, value]) => [name, athome(value)]));
}

const moved = (place: string): string => (place.includes('://') ? NOWHERE : '127.0.0.1');

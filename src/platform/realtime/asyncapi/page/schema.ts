import type { SchemaObject } from '@nestjs/swagger';
import type { Schema, Schemas } from '../../../http/index.js';
import { code, type Html, html, joined, prose } from '../../../http/html.js';

const PREFIX = '#/components/schemas/';

/** What a value is, in a few words, with links to what has a name. */
export function typeOf(schema: Schema): Html {
  if ('$ref' in schema) return linkTo(schema.$ref.slice(PREFIX.length));
  const { type, items, enum: values, allOf, oneOf, format } = schema;
  const parts = allOf ?? oneOf;
  if (parts) return joined(parts.map(typeOf), ' or ');
  if (items) return html`list of ${typeOf(items)}`;
  if (values)
    return joined(
      values.map((value: unknown) => code(JSON.stringify(value))),
      ', ',
    );
  return html`${[type ?? 'anything'].flat().join(' or ')}${format ? ` (${format})` : ''}`;
}

/** The named schemas, each with its fields. */
export const schemaSections = (schemas: Schemas): Html[] =>
  Object.entries(schemas).map(
    ([name, schema]) =>
      html`<section id="schema-${name}">
        <h3>${name}</h3>
        ${fieldsOf(schema)}
      </section> `,
  );

const linkTo = (name: string): Html => html`<a href="#schema-${name}">${name}</a>`;

function fieldsOf(schema: Schema): Html {
  const { properties = {}, required = [] } = schema as SchemaObject;
  const fields = Object.entries(properties);
  if (fields.length === 0) return html`<p>No fields.</p>`;
  return html`<table>
    <tr>
      <th>Field</th>
      <th>Is</th>
      <th></th>
    </tr>
    ${fields.map(
      ([name, field]) =>
        html`<tr>
          <td>${code(name)}${required.includes(name) ? '' : html` <i>optional</i>`}</td>
          <td>${typeOf(field)}</td>
          <td>${notesOn(field)}</td>
        </tr> `,
    )}
  </table>`;
}

function notesOn(field: Schema): Html {
  if ('$ref' in field) return html``;
  const { description = '', minLength, maxLength, minimum, maximum, minItems, maxItems } = field;
  const preset: unknown = field.default;
  const notes = [
    range(minLength, maxLength, ' characters'),
    range(minimum, maximum, ''),
    range(minItems, maxItems, ' of them'),
    preset === undefined ? '' : `\`${JSON.stringify(preset)}\` when left out`,
    description,
  ];
  return html`${prose(notes.filter(Boolean).join('; '))}`;
}

function range(from: number | undefined, to: number | undefined, what: string): string {
  if (to === undefined) return from === undefined ? '' : `${from} at least${what}`;
  return to === Number.MAX_SAFE_INTEGER ? `${from ?? 0} or more` : `${from ?? 0} to ${to}${what}`;
}

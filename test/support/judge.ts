import type { Ajv, ValidateFunction } from 'ajv';
import type { Ajv2020 } from 'ajv/dist/2020.js';
import addFormatsModule from 'ajv-formats';

export type Schema = Record<string, unknown>;

/** Told of each compiler: the two kinds of document speak different drafts of JSON Schema. */
export const SETTINGS = { strict: false, allErrors: true, validateFormats: true } as const;

/** A document whose schemas are held against what tests see. */
export class Judge<Document extends object> {
  private readonly known = new Map<string, ValidateFunction>();

  constructor(
    readonly document: Document,
    private readonly ajv: Ajv | Ajv2020,
  ) {
    const addFormats = addFormatsModule as unknown as (ajv: Ajv | Ajv2020) => void;
    addFormats(ajv);
    ajv.addSchema(document, 'document');
  }

  /** Where a value does not fit a schema of the document. */
  faultsIn(value: unknown, schema: Schema): string[] {
    const fits = this.compiled(schema);
    if (fits(value)) return [];
    return (fits.errors ?? []).map(({ instancePath, message = '', params }) =>
      `${instancePath} ${message} ${JSON.stringify(params)}`.trim(),
    );
  }

  /** What a reference leads to, or the thing itself. */
  resolved<T>(thing: T | { $ref?: string }): T {
    if (typeof thing !== 'object' || thing === null || !('$ref' in thing) || !thing.$ref) return thing as T;
    const parts = thing.$ref
      .slice(2)
      .split('/')
      .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
    const found = parts.reduce<unknown>(
      (at, part) => (at as Record<string, unknown> | undefined)?.[part],
      this.document,
    );
    if (found === undefined) throw new Error(`${thing.$ref} leads nowhere`);
    return this.resolved<T>(found as T);
  }

  private compiled(schema: Schema): ValidateFunction {
    const text = JSON.stringify(schema).replaceAll('"#/', '"document#/');
    const compiled = this.known.get(text) ?? this.ajv.compile(JSON.parse(text) as Schema);
    this.known.set(text, compiled);
    return compiled;
  }
}

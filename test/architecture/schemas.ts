import { describe, expect, it } from '@jest/globals';

/** What holds of the schemas of both documents; they are the same classes. */
export function describeSchemas(named: Readonly<Record<string, unknown>>): void {
  describe('the schemas', () => {
    const schemas = Object.entries(named) as [string, { properties?: object }][];

    it.each(schemas)('%s: each field says what it looks like', (_, { properties = {} }) => {
      const shown = ['example', 'enum', 'items', '$ref', 'anyOf', 'allOf', 'format'];
      const bare = Object.entries(properties as Record<string, Record<string, unknown>>).filter(
        ([, field]) => field.type !== 'boolean' && !shown.some((key) => key in field),
      );
      expect(bare.map(([name]) => name)).toEqual([]);
    });

    it('refuse unknown fields in what is sent, and only there', () => {
      const closed = schemas.filter(([, schema]) => 'additionalProperties' in schema).map(([name]) => name);
      expect(closed).toEqual(schemas.map(([name]) => name).filter((name) => name.endsWith('Dto')));
    });
  });
}

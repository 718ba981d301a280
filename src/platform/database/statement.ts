/** A prepared statement: PostgreSQL parses and plans it once per connection, under its name. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

const names = new Set<string>();

/**
 * Names a statement. The name must be unique in the process: two texts under one name would run as one.
 * @throws Error at import time when the name is taken
 */
export function statement(name: string, text: string): Statement {
  if (names.has(name)) throw new Error(`Two statements are named ${name}.`);
  names.add(name);
  return { name, text };
}

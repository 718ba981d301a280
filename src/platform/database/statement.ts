/** A prepared statement: PostgreSQL parses and plans it once per connection, under its name. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

const byName = new Map<string, Statement>();

/** Every statement of the modules loaded so far: for the test that has PostgreSQL look at each. */
export const statements = (): Statement[] => [...byName.values()];

/**
 * Names a statement. The name must be unique in the process: two texts under one name would run as one.
 * @throws Error at import time when the name is taken
 */
export function statement(name: string, text: string): Statement {
  if (byName.has(name)) throw new Error(`Two statements are named ${name}.`);
  const made = { name, text };
  byName.set(name, made);
  return made;
}

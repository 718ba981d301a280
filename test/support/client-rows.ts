import type { TestApp } from './app.js';
import { rows } from './rows.js';

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Everything that is stored of a client, and what of it shows elsewhere. */
export class ClientRows {
  private constructor(
    private readonly app: Pick<TestApp, 'environment'>,
    private readonly clientId: string,
    private readonly sql: string,
  ) {}

  /** Finds the tables: whatever has a `client_id`, and the client itself; but for what is counted of them in the background. */
  static async of(app: Pick<TestApp, 'environment'>, clientId: string): Promise<ClientRows> {
    const owned = await rows<{ name: string }>(
      app,
      `SELECT table_name AS name FROM information_schema.columns
        WHERE column_name = 'client_id' AND table_schema = current_schema() AND table_name NOT LIKE 'analytics\\_%' ORDER BY 1`,
    );
    const tables = [{ name: 'clients', column: 'id' }, ...owned.map(({ name }) => ({ name, column: 'client_id' }))];
    // When a key was last used is noted a while later, whatever it was used for.
    const selects = tables.map(
      ({ name, column }) =>
        `SELECT '${name}' AS name, jsonb_agg(to_jsonb(t) - 'last_used_at' ORDER BY to_jsonb(t)::text)::text AS text FROM ${name} t WHERE t.${column} = $1`,
    );
    return new ClientRows(app, clientId, selects.join(' UNION ALL '));
  }

  /** Table by table; nothing for those that are empty. */
  async read(): Promise<Record<string, string>> {
    const found = await rows<{ name: string; text: string | null }>(this.app, this.sql, [this.clientId]);
    return Object.fromEntries(found.flatMap(({ name, text }) => (text === null ? [] : [[name, text]])));
  }

  /** Finds ids of the client in a text. */
  async idFinder(): Promise<(text: string) => string[]> {
    const stored = Object.values(await this.read()).flatMap((text) => text.match(UUID) ?? []);
    const ids = new Set(stored);
    return (text) => (text.match(UUID) ?? []).filter((id) => ids.has(id));
  }
}

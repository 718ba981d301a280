import { SCOPES } from '../../src/platform/security/index.js';
import type { TestApp } from '../support/app.js';
import { ClientRows } from '../support/client-rows.js';
import { aClient, type TestClient } from './clients.js';
import { aFullPlace, type OwnPlace } from './places.js';

/** No limit stops what a matrix asks. */
export const NO_LIMITS = {
  limits: {
    requestsPerSecond: 100_000,
    requestsPerMinute: 1_000_000,
    commandsPerSecond: 10_000,
    connectionsPerUser: 1_000,
  },
};

/** One of two clients with users, rooms and texts of the same names. */
export interface Twin {
  readonly client: TestClient;
  readonly place: OwnPlace;
  /** What is stored of it. */
  readonly rows: ClientRows;
  /** What a text holds of it, in words. */
  tracesIn(text: string): string[];
}

/** What twins are made in. */
export type House = Pick<TestApp, 'operator' | 'api' | 'environment'>;

export async function twins(app: House): Promise<{ a: Twin; b: Twin }> {
  const [a, b] = await Promise.all([aTwin(app, 'amber'), aTwin(app, 'birch')]);
  return { a, b };
}

async function aTwin(app: House, word: string): Promise<Twin> {
  const client = await aClient(app, { name: word, settings: NO_LIMITS });
  const place = await aFullPlace(app, client, word);
  const rows = await ClientRows.of(app, client.id);
  const idsIn = await rows.idFinder();
  const tracesIn = (text: string) => [...idsIn(text), ...(text.includes(word) ? [word] : [])];
  return { client, place, rows, tracesIn };
}

/** A scoped key: with every scope, unless it is to have others. */
export async function aScopedKey({ master }: TestClient, wish: object = {}): Promise<string> {
  const whole = { name: 'key', type: 'scoped', scopes: SCOPES, ...wish };
  const { status, body } = await master.post('/clients/me/keys', whole);
  if (status !== 201) throw new Error(`No key: ${JSON.stringify(body)}`);
  return String(body.key);
}

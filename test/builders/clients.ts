import type { Api } from '../support/api.js';
import type { TestApp } from '../support/app.js';

/** A client of the installation, with its master key. */
export interface TestClient {
  readonly id: string;
  readonly slug: string;
  readonly masterKey: string;
  readonly master: Api;
  /** Logs a user in: an {@link Api} with the user's own key. */
  login(userId: string, details?: object): Promise<TestUser>;
}

export interface TestUser {
  readonly userId: string;
  readonly apiKey: string;
  readonly keyId: string;
  readonly api: Api;
}

/** As `settings.limits`: for tests of something else that call often. */
export const WITHOUT_LIMITS = {
  requestsPerSecond: 100_000,
  requestsPerMinute: 1_000_000,
  commandsPerSecond: 100_000,
  inboundPerSecond: 100_000,
  inboundPerMinute: 1_000_000,
} as const;

export async function aClient(app: Pick<TestApp, 'operator' | 'api'>, wish: object = {}): Promise<TestClient> {
  const { status, body } = await app.operator.post('/clients', { name: 'A client', ...wish });
  if (status !== 201) throw new Error(`No client: ${JSON.stringify(body)}`);
  const { client, masterKey } = body as { client: { id: string; slug: string }; masterKey: string };
  const master = app.api(masterKey);
  return {
    id: client.id,
    slug: client.slug,
    masterKey,
    master,
    login: async (userId, details = {}) => {
      const login = await master.post('/auth/login', { userId, ...details });
      if (login.status !== 200) throw new Error(`No login: ${JSON.stringify(login.body)}`);
      const { apiKey, keyId } = login.body as { apiKey: string; keyId: string };
      return { userId, apiKey, keyId, api: app.api(apiKey) };
    },
  };
}

/** A room of a client, made by its master key. @returns its id */
export async function aRoom(client: TestClient, wish: object): Promise<string> {
  const { status, body } = await client.master.post('/rooms', wish);
  if (status !== 201) throw new Error(`No room: ${JSON.stringify(body)}`);
  return (body as { id: string }).id;
}

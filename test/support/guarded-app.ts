import { expect, jest } from '@jest/globals';
import { Egress, EgressRefused } from '../../src/platform/security/index.js';
import { aClient, type TestClient, WITHOUT_LIMITS } from '../builders/clients.js';
import { aClosedPort, aListeningPost, type ListeningPost } from '../fakes/listening-post.js';
import type { Reply } from './api.js';
import { anApp, type TestApp } from './app.js';

/** The one address that may be reached: what is let out to is a network, not this machine. */
export const ALLOWED = '127.0.0.5';
/** What is said of every other, whatever the reason. */
export const WORDS = new EgressRefused().message;
export const SEED = Number(process.env.SSRF_SEED ?? 20_261_130);

const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'all_proxy'];
const AT_ONCE = 16;

/** The service with its guard as it is, whose every connection to this machine is seen. */
export interface GuardedApp {
  readonly app: TestApp;
  readonly client: TestClient;
  /** Listens on every address of this machine. */
  readonly post: ListeningPost;
  /** The one that the environment names. */
  readonly proxy: ListeningPost;
  readonly closedPort: number;
  /** What names resolve to, asked anew each time; the system's resolver knows the others. */
  readonly names: Map<string, () => string[]>;
  /** Every name that was looked up. */
  readonly asked: string[];
  /** As if nothing had happened yet. */
  forget(): void;
  /** Nobody has connected anywhere but to the one address. */
  expectNoConnection(): void;
  close(): Promise<void>;
}

export async function aGuardedApp(): Promise<GuardedApp> {
  const environment = { ...process.env };
  const [post, proxy, closedPort] = await Promise.all([aListeningPost(), aListeningPost(), aClosedPort()]);
  for (const name of PROXIES) process.env[name] = `http://${ALLOWED}:${proxy.port}`;
  Object.assign(process.env, { NODE_USE_ENV_PROXY: '1', NO_PROXY: '', no_proxy: '' });
  const app = await anApp({ EGRESS_ALLOW_CIDRS: `${ALLOWED}/32` });
  const client = await aClient(app, { settings: { limits: WITHOUT_LIMITS } });
  const names = new Map<string, () => string[]>();
  const asked = lookedUp(app, names);
  return {
    ...{ app, client, post, proxy, closedPort, names, asked },
    forget: () => {
      post.behave();
      post.reached.length = 0;
      asked.length = 0;
    },
    expectNoConnection: () =>
      expect([...post.reached.filter((address) => address !== ALLOWED), ...proxy.reached]).toEqual([]),
    close: async () => {
      process.env = environment;
      await app.close();
      await Promise.all([post.close(), proxy.close()]);
    },
  };
}

function lookedUp(app: TestApp, names: GuardedApp['names']): string[] {
  const asked: string[] = [];
  const egress = app.part(Egress);
  const system = egress.lookUp.bind(egress);
  jest.spyOn(egress, 'lookUp').mockImplementation((name) => {
    asked.push(name);
    const known = names.get(name);
    return known ? Promise.resolve(known()) : system(name);
  });
  return asked;
}

/** The places that a refusal names. */
export const pointersOf = ({ body }: Reply): string[] =>
  (body as { errors: { pointer: string }[] }).errors.map(({ pointer }) => pointer);

/** In parallel, some at a time. */
export async function each<T, R>(items: readonly T[], run: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE)
    results.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(run))));
  return results;
}

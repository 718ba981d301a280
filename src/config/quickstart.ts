import { resolve } from 'node:path';
import { readEnv, type ResolvedEnv } from './env.js';

/** What the quickstart takes from the environment before the environment is complete. */
export interface QuickstartSettings {
  /** The folder that keeps data, keys and remembered ports: `CHATAPI_HOME`, by default `.chatapi` in the working folder. */
  readonly home: string;
  /** Where programs are looked for. */
  readonly path: string;
  /** True in `ENVIRONMENT=local` only: elsewhere nothing is started and nothing is generated. */
  readonly mayComplete: boolean;
  readonly needsPostgres: boolean;
  readonly needsRedis: boolean;
  readonly needsMailCatcher: boolean;
  /** The process that asked for this start, when that was npm: the quickstart does not outlive it. */
  readonly startedByNpm: boolean;
  /** Reads the environment with what the quickstart adds to it; what the user set wins. */
  complete(additions: NodeJS.ProcessEnv): ResolvedEnv;
}

const POSTGRES = [
  'DATABASE_URL',
  'DATABASE_URL_FILE',
  'POSTGRES_HOST',
  'POSTGRES_PORT',
  'POSTGRES_USER',
  'POSTGRES_PASSWORD',
  'POSTGRES_DB',
];

export function readQuickstartSettings(source: NodeJS.ProcessEnv = process.env): QuickstartSettings {
  // An empty variable means "not set", as in readEnv.
  const given = (name: string): boolean => Boolean(source[name]);
  const mayComplete = !given('ENVIRONMENT') || source.ENVIRONMENT === 'local';
  return {
    home: resolve(source.CHATAPI_HOME || '.chatapi'),
    path: source.PATH ?? '',
    mayComplete,
    needsPostgres: mayComplete && !POSTGRES.some(given),
    needsRedis: mayComplete && !['REDIS_URL', 'REDIS_URL_FILE'].some(given),
    needsMailCatcher: mayComplete && !given('MAIL_CATCHER_URL'),
    startedByNpm: given('npm_lifecycle_event'),
    complete: (additions) => readEnv({ ...source, ...withoutGiven(additions, given) }),
  };
}

function withoutGiven(additions: NodeJS.ProcessEnv, given: (name: string) => boolean): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(additions).filter(([name]) => !given(name) && !given(`${name}_FILE`)));
}

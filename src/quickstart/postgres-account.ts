import { execFileSync, spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { QuickstartFault } from './fault.js';
import type { Account } from './supervised.js';

const NAME = 'postgres';
/** useradd on most Linux systems, adduser on BusyBox. The first that works is enough. */
const WAYS_TO_ADD: readonly (readonly [string, ...string[]])[] = [
  [
    'useradd',
    '--system',
    '--user-group',
    '--no-create-home',
    '--home-dir',
    '/nonexistent',
    '--shell',
    '/bin/false',
    NAME,
  ],
  [
    'useradd',
    '--system',
    '--gid',
    NAME,
    '--no-create-home',
    '--home-dir',
    '/nonexistent',
    '--shell',
    '/bin/false',
    NAME,
  ],
  ['adduser', '-S', '-D', '-H', '-s', '/bin/false', NAME],
];

/** PostgreSQL refuses to run as root: then it runs as its own user, or as the one its data already belongs to. */
export function postgresAccount(data: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const owner = statSync(data, { throwIfNoEntry: false });
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  return lookUp() ?? add();
}

/** Whether the account can enter every folder on the way and execute (or enter) what is at its end. */
export function reaches({ uid, gid }: Account, path: string): boolean {
  return spawnSync('/bin/sh', ['-c', 'test -x "$1"', 'sh', path], { uid, gid, cwd: '/' }).status === 0;
}

function lookUp(): Account | undefined {
  try {
    const id = (flag: string): number =>
      Number(execFileSync('id', [flag, NAME], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return undefined;
  }
}

function add(): Account {
  for (const [command, ...args] of WAYS_TO_ADD) {
    if (spawnSync(command, args, { stdio: 'ignore' }).status !== 0) continue;
    const account = lookUp();
    if (account) return account;
  }
  throw new QuickstartFault(
    `PostgreSQL refuses to run as root and no user could be made for it: add a user named ${NAME}, start as an ordinary user, or set DATABASE_URL.`,
  );
}

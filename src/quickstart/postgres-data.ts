import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { QuickstartFault } from './fault.js';
import { commandOf } from './processes.js';

/**
 * Looks at a data folder before PostgreSQL does, whose own refusals name no cure.
 * @returns whether there is data; false means that it is still to be made
 * @throws QuickstartFault when the data is of another version or another user, or no data at all
 */
export function holdsData(data: string, major: number, uid: number | undefined): boolean {
  const owner = statSync(data, { throwIfNoEntry: false })?.uid;
  if (owner === undefined) return false;
  if (owner !== uid) {
    throw new QuickstartFault(
      `The data in ${data} belongs to another user (uid ${owner}): start as that user, or set CHATAPI_HOME to a folder of your own.`,
    );
  }
  const [version] = readLines(join(data, 'PG_VERSION'));
  if (version === undefined) return isEmptyOrFault(data);
  if (Number(version) === major) return true;
  throw new QuickstartFault(
    `The data in ${data} was written by PostgreSQL ${version}, and this is PostgreSQL ${major}: move that folder away to begin anew, or dump it with the release that wrote it.`,
  );
}

function isEmptyOrFault(data: string): false {
  if (readdirSync(data).length === 0) return false;
  throw new QuickstartFault(`${data} holds files but no PostgreSQL data: move that folder away to begin anew.`);
}

/** PostgreSQL writes its state into the last line of its pid file, which is also how `pg_ctl -w` waits. */
export function isReady(data: string, pid: number | undefined): boolean {
  const [owner, , , , , , , state] = readLines(join(data, 'postmaster.pid'));
  return Number(owner) === pid && state?.trim() === 'ready';
}

/** After a reboot, or in a new container, the pid in the file may be anybody's, and PostgreSQL would refuse to start. */
export function forgetDeadPostmaster(data: string): void {
  const file = join(data, 'postmaster.pid');
  const [pid] = readLines(file);
  if (pid !== undefined && !commandOf(Number(pid))?.includes('postgres')) rmSync(file, { force: true });
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

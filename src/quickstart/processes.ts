import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** A process that cannot be confused with a later one that got the same number: its id and when it began. */
export interface ProcessRef {
  readonly pid: number;
  readonly began: string;
}

const POLL_MS = 25;

/** Names a living process; undefined when there is none with that id (a zombie counts as none). */
export function refTo(pid: number): ProcessRef | undefined {
  const began = process.platform === 'linux' ? beganOnLinux(pid) : beganByPs(pid);
  return began ? { pid, began } : undefined;
}

export function isRunning(ref: ProcessRef | undefined): ref is ProcessRef {
  return ref !== undefined && refTo(ref.pid)?.began === ref.began;
}

/** Resolves to whether the process ended within the time. */
export async function endsWithin(ref: ProcessRef, milliseconds: number): Promise<boolean> {
  const deadline = Date.now() + milliseconds;
  while (isRunning(ref)) {
    if (Date.now() > deadline) return false;
    await pause(POLL_MS);
  }
  return true;
}

/** Ends a process that somebody else started: politely, then not. */
export async function end(ref: ProcessRef, signal: NodeJS.Signals, graceMs: number): Promise<void> {
  if (!isRunning(ref)) return;
  send(ref.pid, signal);
  if (await endsWithin(ref, graceMs)) return;
  send(ref.pid, 'SIGKILL');
  await endsWithin(ref, graceMs);
}

export function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The command line of a living process, for telling what a number in somebody else's pid file stands for. */
export function commandOf(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    return ps('command', pid);
  } catch {
    return undefined;
  }
}

// Slim images have no `ps`, so /proc is read. Fields follow the last ')', since a command name may hold spaces and brackets.
function beganOnLinux(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

function beganByPs(pid: number): string | undefined {
  try {
    const [state, ...began] = ps('state=,lstart', pid).split(/\s+/);
    return state?.startsWith('Z') ? undefined : began.join(' ');
  } catch {
    return undefined;
  }
}

const ps = (column: string, pid: number): string =>
  execFileSync('ps', ['-o', `${column}=`, '-p', String(pid)], { encoding: 'utf8' }).trim();

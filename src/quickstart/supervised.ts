import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Socket } from 'node:net';
import { end, refTo, send, type ProcessRef } from './processes.js';

/** The user a server runs as, when that is not the user of this process. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

export interface SuperviseOptions {
  readonly account?: Account;
  readonly logFile: string;
  /** Removed when this process dies without having stopped the server; for throw-away data. */
  readonly leavings?: string;
  readonly env?: NodeJS.ProcessEnv;
}

const POLITE: NodeJS.Signals = 'SIGINT';
/** How long a stopping server may take before it is killed. */
const GRACE_MS = 15_000;

/**
 * The server replaces this shell (same pid); beside it a watcher holds one end of a pipe. A line on the pipe means that the server
 * is gone; its end without a line means that the parent died, `kill -9` included, and the watcher stops the server in its place.
 * A dead server that nobody has reaped yet (a zombie) still takes signals, hence the look into /proc where there is one.
 * The double fork keeps the watcher from being a child of the server: PostgreSQL takes an unknown child's end for a crash.
 */
const WATCHED = `
leavings=$1; shift
alive() { kill -s 0 $$ && ! grep -q ') Z ' /proc/$$/stat; }
( (
  read -r _ <&3 && exit
  kill -s INT $$
  n=0; while alive && [ $n -lt 150 ]; do sleep 0.1; n=$((n+1)); done
  kill -s KILL $$
  [ -z "$leavings" ] || rm -rf "$leavings"
) >/dev/null 2>&1 & )
exec "$@" 3<&-
`;

/** A server that ends with this process, however this process ends. */
export class Supervised {
  readonly ref: ProcessRef | undefined;
  /** Resolves to the exit code when the server has ended, and its watcher too. */
  readonly ended: Promise<number | null>;

  constructor(command: string, args: readonly string[], options: SuperviseOptions) {
    const log = openSync(options.logFile, 'a', 0o600);
    // Its own session: Ctrl-C in the terminal reaches us alone, and the servers outlive the API that drains into them.
    const child = spawn('/bin/sh', ['-c', WATCHED, 'chatapi', options.leavings ?? '', command, ...args], {
      stdio: ['ignore', log, log, 'pipe'],
      detached: true,
      cwd: '/',
      env: options.env ?? {},
      ...options.account,
    });
    closeSync(log);
    this.ref = child.pid === undefined ? undefined : refTo(child.pid);
    this.ended = this.follow(child, child.stdio[3] as Socket);
  }

  async stop(): Promise<void> {
    if (this.ref) await end(this.ref, POLITE, GRACE_MS);
    await this.ended;
  }

  /** As a power cut would end it. */
  async kill(): Promise<void> {
    if (this.ref) send(this.ref.pid, 'SIGKILL');
    await this.ended;
  }

  private async follow(child: ReturnType<typeof spawn>, lifeline: Socket): Promise<number | null> {
    lifeline.on('error', () => undefined);
    lifeline.resume();
    const watcherGone = new Promise<void>((resolve) => void lifeline.once('close', resolve));
    const code = await new Promise<number | null>((resolve) => {
      child.once('exit', resolve);
      child.once('error', () => resolve(127));
    });
    lifeline.end('over\n');
    await watcherGone;
    return code;
  }
}

/** Hears of every process as soon as it exists, so that it can be ended even in the middle of a start. */
export type Spawned = (server: Supervised) => void;

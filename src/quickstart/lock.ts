import { closeSync, openSync, rmSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { QuickstartFault } from './fault.js';
import type { Home } from './home.js';
import { end, endsWithin, isRunning, refTo, type ProcessRef } from './processes.js';

interface Holder {
  readonly process: ProcessRef;
  /** npm, when it started the holder: a holder whose npm is gone is about to stop. */
  readonly npm?: ProcessRef;
  readonly children: readonly ProcessRef[];
}

const LOCK = 'running.json';
const GUARD = 'running.guard';
const GUARD_MS = 2_000;
const GUARD_POLL_MS = 5;
/** Longer than a stop with everything to drain. */
const ORPHAN_MS = 60_000;
const CHILD_MS = 15_000;

/** One start per folder. The lock names living processes, so a start that was killed does not block the next one. */
export class Lock {
  private children: ProcessRef[] = [];

  private constructor(
    private readonly home: Home,
    private readonly npm: ProcessRef | undefined,
  ) {}

  /** @throws QuickstartFault when the folder is in use */
  static async take(home: Home, npm: ProcessRef | undefined): Promise<Lock> {
    const lock = new Lock(home, npm);
    await waitForOrphan(home);
    await guarded(home, () => {
      const holder = home.readJson<Holder>(LOCK);
      if (holder && isRunning(holder.process)) throw inUse(home, holder);
      lock.children = (holder?.children ?? []).filter(isRunning);
      lock.write();
    });
    // What a killed start left running would still write to the data.
    await Promise.all(lock.children.map((child) => end(child, 'SIGINT', CHILD_MS)));
    lock.children = [];
    return lock;
  }

  /** So that the next start can end this server, should this process be killed. */
  addChild(child: ProcessRef | undefined): void {
    if (!child) return;
    this.children = [...this.children.filter(isRunning), child];
    this.write();
  }

  release(): void {
    rmSync(this.home.path(LOCK), { force: true });
  }

  private write(): void {
    const self = refTo(process.pid);
    if (self) this.home.writeJson(LOCK, { process: self, npm: this.npm, children: this.children } satisfies Holder);
  }
}

async function waitForOrphan(home: Home): Promise<void> {
  const holder = home.readJson<Holder>(LOCK);
  if (!holder?.npm || isRunning(holder.npm)) return;
  await endsWithin(holder.process, ORPHAN_MS);
}

/** Two starts in the same instant: the file that only one can make decides who reads and writes the lock first. */
async function guarded(home: Home, decide: () => void): Promise<void> {
  const guard = home.path(GUARD);
  const deadline = Date.now() + GUARD_MS;
  for (;;) {
    try {
      closeSync(openSync(guard, 'wx'));
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      // It is held for a millisecond; one this old was left by a start that was killed within that millisecond.
      if (Date.now() > deadline) rmSync(guard, { force: true });
      await pause(GUARD_POLL_MS);
    }
  }
  try {
    decide();
  } finally {
    rmSync(guard, { force: true });
  }
}

function inUse(home: Home, holder: Holder): QuickstartFault {
  return new QuickstartFault(
    `ChatAPI is already running on ${home.folder} (process ${holder.process.pid}): stop it first, or set CHATAPI_HOME and PORT for a second one.`,
  );
}

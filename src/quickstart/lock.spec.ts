import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Home } from './home.js';
import { Lock } from './lock.js';
import { isRunning, refTo, type ProcessRef } from './processes.js';

const GONE: ProcessRef = { pid: 2 ** 22 + 1, began: '1' };
let home: Home;
const started: ChildProcess[] = [];

beforeEach(() => {
  home = new Home(mkdtempSync(join(tmpdir(), 'chatapi-spec-')));
});
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  rmSync(home.folder, { recursive: true, force: true });
});

function aProcess(): { child: ChildProcess; ref: ProcessRef } {
  const child = spawn('sleep', ['600']);
  started.push(child);
  const ref = refTo(child.pid ?? 0);
  if (!ref) throw new Error('sleep did not start');
  return { child, ref };
}

describe('the lock of a folder', () => {
  it('refuses a second start, and names the first', async () => {
    await Lock.take(home, undefined);
    await expect(Lock.take(home, undefined)).rejects.toThrow(
      `already running on ${home.folder} (process ${process.pid})`,
    );
  });

  it('is free again after a stop', async () => {
    (await Lock.take(home, undefined)).release();
    await expect(Lock.take(home, undefined)).resolves.toBeInstanceOf(Lock);
  });

  it('lets one of two starts in the same instant have it', async () => {
    const both = await Promise.allSettled([Lock.take(home, undefined), Lock.take(home, undefined)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('does not mistake a later process with the same number for the first', async () => {
    home.writeJson('running.json', { process: { pid: process.pid, began: 'long ago' }, children: [] });
    await expect(Lock.take(home, undefined)).resolves.toBeInstanceOf(Lock);
  });

  it('ends the servers that a killed start left running', async () => {
    const { ref } = aProcess();
    home.writeJson('running.json', { process: GONE, children: [ref, GONE] });
    await Lock.take(home, undefined);
    expect(isRunning(ref)).toBe(false);
  });

  it('waits for a start that stops because its npm was killed', async () => {
    const { child, ref } = aProcess();
    home.writeJson('running.json', { process: ref, npm: GONE, children: [] });
    const taking = Lock.take(home, undefined);
    child.kill();
    await once(child, 'exit');
    await expect(taking).resolves.toBeInstanceOf(Lock);
  });
});

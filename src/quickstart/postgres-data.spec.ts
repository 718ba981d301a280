import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { forgetDeadPostmaster, holdsData, isReady } from './postgres-data.js';

const USER = process.getuid?.();
let data: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'chatapi-spec-'));
});
afterEach(() => rmSync(data, { recursive: true, force: true }));
const write = (name: string, text: string): void => writeFileSync(join(data, name), text);

describe('a data folder', () => {
  it('that is missing or empty is still to be made', () => {
    expect(holdsData(join(data, 'none'), 18, USER)).toBe(false);
    expect(holdsData(data, 18, USER)).toBe(false);
  });

  it('of this version is used', () => {
    write('PG_VERSION', '18\n');
    expect(holdsData(data, 18, USER)).toBe(true);
  });

  it('of an older version ends the start with the cure', () => {
    write('PG_VERSION', '16\n');
    expect(() => holdsData(data, 18, USER)).toThrow(
      /was written by PostgreSQL 16, and this is PostgreSQL 18: move that folder away/,
    );
  });

  it('of another user ends the start with the cure', () => {
    expect(() => holdsData(data, 18, (USER ?? 0) + 1)).toThrow(
      /belongs to another user \(uid \d+\): start as that user, or set CHATAPI_HOME/,
    );
  });

  it('with somebody’s files in it is left alone', () => {
    mkdirSync(join(data, 'photographs'));
    expect(() => holdsData(data, 18, USER)).toThrow(/holds files but no PostgreSQL data/);
  });
});

describe('the pid file', () => {
  const pidFile = (pid: number, state: string): void =>
    write('postmaster.pid', [pid, data, 1, 5432, '', '127.0.0.1', 'shm', state, ''].join('\n'));

  it('says when our own server is ready', () => {
    pidFile(4711, 'starting');
    expect(isReady(data, 4711)).toBe(false);
    pidFile(4711, 'ready   ');
    expect(isReady(data, 4711)).toBe(true);
    expect(isReady(data, 4712)).toBe(false);
  });

  it('that names a process which is no PostgreSQL is forgotten', () => {
    pidFile(process.pid, 'ready');
    forgetDeadPostmaster(data);
    expect(isReady(data, process.pid)).toBe(false);
  });
});

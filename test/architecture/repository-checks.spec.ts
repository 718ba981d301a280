import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFile, execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const root = process.cwd();
const script = (name: string): string => resolve(root, 'scripts', name);

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'repository-checks-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  code: number;
  output: string;
}

/** Runs a program in the throw-away folder; `input` goes to its standard input. */
function run(program: string, args: string[], environment: NodeJS.ProcessEnv = {}, input = ''): Promise<Ended> {
  return new Promise((settle) => {
    const child = execFile(
      program,
      args,
      { cwd: folder, env: { PATH: process.env.PATH, HOME: folder, ...environment } },
      (error, stdout, stderr) => settle({ code: Number(error?.code ?? 0), output: stdout + stderr }),
    );
    child.stdin?.end(input);
  });
}

function write(path: string, content: string | Buffer): string {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
  return path;
}

describe('the file check', () => {
  const check = (...files: string[]): Promise<Ended> => run(process.execPath, [script('check-files.mjs'), ...files]);

  it.each([
    ['a large file', 'photo.bin', Buffer.alloc(512 * 1024 + 1), 'more than 512 KB'],
    ['trailing white space', 'docs/a.md', 'one \n', 'docs/a.md:1: trailing white space'],
    ['a Windows line', 'a.ts', 'a;\r\n', 'CR LF'],
    ['an unresolved merge', 'a.ts', '<<<<<<< HEAD\n', 'an unresolved merge'],
    ['a missing last newline', 'a.ts', 'a;', 'no newline at the end'],
    ['broken YAML', 'a.yml', 'a: [1\n', 'a.yml:'],
    ['a YAML key given twice', 'a.yaml', 'a: 1\na: 2\n', 'a.yaml:'],
    ['broken JSON', 'a.json', '{"a": 1,}\n', 'a.json: '],
  ])('refuses %s', async (_, path, content, message) => {
    const { code, output } = await check(write(path, content));
    expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining(message) });
  });

  it.each([
    ['a clean file', 'a.ts', 'a;\n'],
    ['an empty file', 'a.ts', ''],
    ['a large lock file', 'package-lock.json', JSON.stringify('x'.repeat(600 * 1024)) + '\n'],
    ['several YAML documents', 'a.yml', 'a: 1\n---\nb: 2\n'],
    ['a chart template', 'deploy/chart/templates/a.yaml', '{{ if .Values.a }}\na: 1\n'],
    ['a commented tsconfig', 'tsconfig.json', '{ /* why */ }\n'],
    ['a binary file', 'a.png', Buffer.from([0, 32, 10])],
    ['a mail as it came', 'test/fixtures/welcome.eml', 'Subject: a \r\n'],
  ])('lets %s pass', async (_, path, content) => {
    expect(await check(write(path, content))).toEqual({ code: 0, output: '' });
  });

  it('looks at every file of the repository, and not at what git ignores', async () => {
    execFileSync('git', ['init', '--quiet'], { cwd: folder });
    write('.gitignore', 'ignored/\n');
    write('ignored/a.ts', 'a; \n');
    write('new.ts', 'a; \n');
    expect(await check('--all')).toEqual({ code: 1, output: 'new.ts:1: trailing white space\n' });
  });

  it('looks at every file where there is no git', async () => {
    write('src/a.ts', 'a; \n');
    write('node_modules/a/index.js', 'a; \n');
    expect(await check('--all')).toEqual({ code: 1, output: `${join('src', 'a.ts')}:1: trailing white space\n` });
  });
});

describe('the installation of the hooks', () => {
  const install = (environment: NodeJS.ProcessEnv = {}): Promise<Ended> =>
    run(process.execPath, ['scripts/install-hooks.mjs'], environment);
  const hooks = (): string | undefined =>
    /hooksPath = (.+)/.exec(readFileSync(join(folder, '.git/config'), 'utf8'))?.[1];

  beforeEach(() => {
    mkdirSync(join(folder, 'scripts'));
    copyFileSync(script('install-hooks.mjs'), join(folder, 'scripts/install-hooks.mjs'));
  });
  const withGit = (): unknown => execFileSync('git', ['init', '--quiet'], { cwd: folder });
  const withHusky = (): void => symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));

  it('points git at .husky/', async () => {
    withGit();
    withHusky();
    expect(await install()).toEqual({ code: 0, output: '' });
    expect(hooks()).toBe('.husky/_');
  });

  it('does nothing, and does not fail, in a production install, in CI, without husky or without .git', async () => {
    expect(await install()).toEqual({ code: 0, output: '' });
    withGit();
    expect(await install()).toEqual({ code: 0, output: '' });
    withHusky();
    expect(await install({ CI: 'true' })).toEqual({ code: 0, output: '' });
    expect(await install({ NODE_ENV: 'production' })).toEqual({ code: 0, output: '' });
    expect(hooks()).toBeUndefined();
    expect(existsSync(join(folder, '.husky'))).toBe(false);
  });
});

describe('the commit message check', () => {
  const commitlint = (message: string): Promise<Ended> =>
    run(join(root, 'node_modules/.bin/commitlint'), ['--cwd', root], {}, message);

  it.each(['feat(rooms): revive a room by a message', 'fix: answer 404', 'docs(deploy): say what was not run'])(
    'accepts "%s"',
    async (message) => expect((await commitlint(message)).code).toBe(0),
  );

  it.each(['Revive rooms', 'feat(kitchen): a new room', 'feature(rooms): revive', 'feat(rooms): '])(
    'refuses "%s"',
    async (message) => expect((await commitlint(message)).code).toBe(1),
  );
});

describe('the totals of the test run', () => {
  const totals = (log: string): Promise<Ended> =>
    run(process.execPath, [script('test-totals.mjs'), join(folder, write('test.log', log))]);

  it.each([
    [
      'one run',
      'Test Suites: 2 passed, 2 total\nTests:       2 skipped, 30 passed, 32 total\n',
      0,
      '30 passed, 0 failed',
    ],
    [
      'several runs',
      'Tests:       30 passed, 30 total\n…\nTests:       12 passed, 12 total\n',
      0,
      '42 passed, 0 failed',
    ],
    [
      'a failure',
      'Test Suites: 1 failed, 2 total\nTests:       3 failed, 30 passed, 33 total\n',
      1,
      '30 passed, 3 failed',
    ],
    [
      'colours',
      '\u001b[1mTests:       \u001b[22m\u001b[1m\u001b[32m30 passed\u001b[39m, 30 total\n',
      0,
      '30 passed, 0 failed',
    ],
    [
      'a suite that does not load',
      'Test Suites: 1 failed, 3 passed, 4 total\nTests: 30 passed, 30 total\n',
      1,
      '30 passed, 1 failed',
    ],
    ['nothing', 'npm error\n', 1, '0 passed, 1 failed'],
  ])('are told of %s', async (_, log, code, line) => {
    expect(await totals(log)).toEqual({ code, output: `${line}\n` });
  });
});

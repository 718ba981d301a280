// Packs the service as npm would publish it, and is a team outside with it: the example plugin in a folder of its own,
// with the tarball and its dependencies installed, compiled and tested. Then looks at what the package shows and hides.
//   npm run check:plugin
import { execFile, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const EXAMPLE = join(ROOT, 'examples/plugin-acme-sms');
const BUILT = new Set(['node_modules', 'dist', 'dist-test', 'package-lock.json']);
/** All that the tarball may hold. */
const PACKED = /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|dist\/.+(?<!\.spec)\.(js|d\.ts))$/;
const MUST_BE_PACKED = [
  'dist/public-api.js',
  'dist/public-api.d.ts',
  'dist/testing/index.d.ts',
  'dist/main.js',
  'dist/cli.js',
];
const PRIVATE = [
  'chatapi/dist/boot.js',
  'chatapi/boot',
  'chatapi/src/boot.ts',
  'chatapi/dist/extension/index.js',
  'chatapi/extension',
];
const DOORS = ['chatapi', 'chatapi/testing'];

const run = promisify(execFile);
/** What npm and a test runner put into the environment is not what a person has. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(npm_(?!config_)|NODE_OPTIONS$|INIT_CWD$|JEST_|NODE_TEST_)/.test(name),
  ),
);

const folder = mkdtempSync(join(tmpdir(), 'chatapi-plugin-'));
try {
  const tarball = await step('pack', () => pack(folder));
  const plugin = join(folder, 'acme');
  cpSync(EXAMPLE, plugin, { recursive: true, filter: (path) => !BUILT.has(path.slice(EXAMPLE.length + 1)) });
  await step('install', () =>
    say('npm', ['install', '--save-dev', '--prefer-offline', '--no-audit', '--no-fund', tarball], plugin),
  );
  await Promise.all([
    step('example: build and test', () => say('npm', ['test'], plugin)),
    step('types of the package', () => typesResolve(plugin)),
    step('what is private', () => nothingElseOpens(plugin)),
    step('command', () => commandWorks(plugin)),
  ]);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function step(name, work) {
  const began = Date.now();
  const result = await work();
  console.log(`${name}: ${((Date.now() - began) / 1000).toFixed(1)} s`);
  return result;
}

async function pack(into) {
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', into], { cwd: ROOT, env });
  // What the scripts of `prepack` say comes before.
  const [{ filename, files }] = JSON.parse(stdout.slice(stdout.search(/^\[\n/m)));
  const paths = files.map(({ path }) => path);
  const strange = paths.filter((path) => !PACKED.test(path));
  if (strange.length > 0) throw new Error(`The tarball holds what it should not: ${strange.join(', ')}`);
  const missing = MUST_BE_PACKED.filter((path) => !paths.includes(path));
  if (missing.length > 0) throw new Error(`The tarball lacks ${missing.join(', ')}`);
  return join(into, filename);
}

/** Strict, with every declaration that the two doors lead to checked: what does not resolve is an error of ours. */
async function typesResolve(plugin) {
  const file = 'every-type.ts';
  const imports = DOORS.map((door, n) => `export * as door${n} from '${door}';`);
  writeFileSync(join(plugin, file), `${imports.join('\n')}\n`);
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--types', 'node'];
  const { stdout } = await run('npx', ['tsc', ...options, '--skipLibCheck', 'false', '--ignoreConfig', file], {
    cwd: plugin,
    env,
  }).catch((error) => error);
  rmSync(join(plugin, file));
  const ours = stdout.split('\n').filter((line) => /^(node_modules\/chatapi\/|every-type|error)/.test(line));
  if (ours.length > 0) throw new Error(`Types of the package do not resolve:\n${ours.join('\n')}`);
}

async function nothingElseOpens(plugin) {
  const script = `
    const opened = [];
    for (const name of ${JSON.stringify(PRIVATE)})
      await import(name).then(() => opened.push(name), ({ code }) => code === 'ERR_PACKAGE_PATH_NOT_EXPORTED' || opened.push(name + ' ' + code));
    for (const name of ${JSON.stringify(DOORS)}) await import(name);
    console.log(JSON.stringify(opened));`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: plugin, env });
  if (stdout.trim() !== '[]') throw new Error(`Opens from outside: ${stdout}`);
}

/** Before there is a database: a plugin that is not there ends the boot with its sentence. */
async function commandWorks(plugin) {
  const settings = {
    DATABASE_URL: 'postgres://localhost/none',
    REDIS_URL: 'redis://localhost',
    CHATAPI_PLUGINS: '@acme/none',
  };
  const { code, stderr } = await run('npx', ['chatapi'], { cwd: plugin, env: { ...env, ...settings } }).catch(
    (error) => error,
  );
  const expected = '@acme/none of CHATAPI_PLUGINS cannot be found: install it beside chatapi.\n';
  if (code !== 1 || stderr !== expected) throw new Error(`npx chatapi ended with ${code} and said: ${stderr}`);
}

/** Shows what it said only when it fails. */
function say(command, args, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (said += part));
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`${said}\n${command} ${args.join(' ')} ended with ${code}`)),
    );
  });
}

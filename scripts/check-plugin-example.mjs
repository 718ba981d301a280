// Packs the service as npm would publish it, and is a team outside with it: the example plugin in a folder of its own,
// with the tarball and its dependencies installed, compiled, tested, and started as an operator starts it. Then looks at
// what the package shows and hides.
//   npm run check:plugin
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const EXAMPLE = join(ROOT, 'examples/plugin-acme-sms');
const BUILT = new Set(['node_modules', 'dist', 'dist-test', 'package-lock.json']);
/** All that the tarball may hold. */
const PACKED = /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|dist\/.+(?<!\.spec)\.(js|d\.ts))$/;
const MUST_BE_PACKED = [
  'public-api.js',
  'public-api.d.ts',
  'testing/index.js',
  'testing/index.d.ts',
  'main.js',
  'cli.js',
];
const DOORS = ['chatapi', 'chatapi/testing'];
const PRIVATE = ['dist/boot.js', 'boot', 'src/boot.ts', 'dist/extension/index.js', 'extension'].map(
  (path) => `chatapi/${path}`,
);
const START_MS = 60_000;
/** What npm and a test runner put into the environment is not what a person has. */
const env = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(npm_(?!config_)|NODE_OPTIONS$|INIT_CWD$|JEST_|NODE_TEST_)/.test(name),
    ),
  ),
  npm_config_prefer_offline: 'true',
  npm_config_audit: 'false',
  npm_config_fund: 'false',
};

const folder = mkdtempSync(join(tmpdir(), 'chatapi-plugin-'));
const plugin = join(folder, 'acme');
try {
  await step('pack', pack);
  cpSync(EXAMPLE, plugin, { recursive: true, filter: (path) => !BUILT.has(path.slice(EXAMPLE.length + 1)) });
  await step('install', () => sh('npm install --save-dev ../chatapi-*.tgz', plugin));
  await Promise.all([
    step('build and test', () => sh('npm test', plugin)),
    step('types of the package', typesResolve),
    step('what is private', nothingElseOpens),
  ]);
  await step('start', startsWithThePlugin);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function step(name, work) {
  const began = Date.now();
  await work();
  console.log(`${name}: ${((Date.now() - began) / 1000).toFixed(1)} s`);
}

async function pack() {
  const said = await sh(`npm pack --json --pack-destination ${folder}`, ROOT);
  const [{ files }] = JSON.parse(said.slice(said.search(/^\[\n/m))); // before it is what `prepack` says
  const paths = files.map(({ path }) => path);
  const strange = paths.filter((path) => !PACKED.test(path));
  if (strange.length > 0) throw new Error(`The tarball holds what it should not: ${strange.join(', ')}`);
  const missing = MUST_BE_PACKED.filter((path) => !paths.includes(`dist/${path}`));
  if (missing.length > 0) throw new Error(`The tarball lacks ${missing.join(', ')} of dist/`);
}

/** Strict, with every declaration that the doors lead to checked: what does not resolve there is an error of ours. */
async function typesResolve() {
  const file = 'every-type.ts';
  writeFileSync(join(plugin, file), DOORS.map((door, n) => `export * as door${n} from '${door}';\n`).join(''));
  const options =
    '--noEmit --strict --module nodenext --target es2023 --types node --skipLibCheck false --ignoreConfig';
  const { said } = await shell(`npx tsc ${options} ${file}`, plugin);
  const ours = said.split('\n').filter((line) => /^(node_modules\/chatapi\/|every-type|error)/.test(line));
  if (ours.length > 0) throw new Error(`Types of the package do not resolve:\n${ours.join('\n')}`);
}

async function nothingElseOpens() {
  writeFileSync(
    join(plugin, 'doors.mjs'),
    `for (const name of ${JSON.stringify(DOORS)}) await import(name);
     for (const name of ${JSON.stringify(PRIVATE)})
       await import(name).then(
         () => console.log(name, 'opens'),
         ({ code }) => code === 'ERR_PACKAGE_PATH_NOT_EXPORTED' || console.log(name, code),
       );`,
  );
  const said = await sh('node doors.mjs', plugin);
  if (said !== '') throw new Error(`What is private: ${said}`);
}

/** By the command of the package, on servers that are there for it alone. */
async function startsWithThePlugin() {
  const { throwAwayPostgres, throwAwayRedis } = await import('../dist/quickstart/throw-away.js');
  const { choosePort } = await import('../dist/quickstart/ports.js');
  const servers = await Promise.all([throwAwayPostgres(), throwAwayRedis(env.PATH)]);
  const [postgres, redis] = servers.map(({ server }) => server);
  const CLIENT_KEY = randomBytes(16).toString('hex');
  const settings = {
    ...{ DATABASE_URL: postgres.url('postgres'), REDIS_URL: redis.url, HOST: '127.0.0.1' },
    ...{ PORT: String(await choosePort()), CLIENT_KEY },
  };
  try {
    await sh('npx chatapi migrate', plugin, settings);
    const service = start('CHATAPI_PLUGINS=@acme/chatapi-sms npx chatapi', plugin, settings);
    const kinds = await kindsOf(`http://127.0.0.1:${settings.PORT}`, CLIENT_KEY, service);
    process.kill(-service.child.pid, 'SIGTERM');
    await service.ended;
    for (const kind of ['acme-sms', 'acme-pager'])
      if (!kinds.includes(kind)) throw new Error(`There is no ${kind} in the catalog: ${kinds.join(', ')}`);
  } finally {
    await Promise.all(servers.map((server) => server.remove()));
  }
}

async function kindsOf(url, key, service) {
  for (const end = Date.now() + START_MS; Date.now() < end && service.child.exitCode === null; await pause(100)) {
    const answer = await fetch(`${url}/api/v1/providers/catalog`, {
      headers: { authorization: `Bearer ${key}` },
    }).catch(() => null);
    if (answer?.ok) return (await answer.json()).data.map(({ kind }) => kind);
  }
  throw new Error(`npx chatapi did not start: ${service.said()}`);
}

/** @returns what it said; fails with that when it fails */
async function sh(command, cwd, settings) {
  const { code, said } = await shell(command, cwd, settings);
  if (code !== 0) throw new Error(`${said}\n${command} ended with ${code}`);
  return said;
}

function shell(command, cwd, settings) {
  return start(command, cwd, settings).ended;
}

function start(command, cwd, settings = {}) {
  const child = spawn('sh', ['-c', command], {
    cwd,
    env: { ...env, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // a group of its own, so that what npx starts is stopped with it
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (said += part));
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, said }));
  });
  return { child, ended, said: () => said };
}

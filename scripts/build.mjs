// Compiles what changed in src/ into dist/, without types: what `npm start` and the tests need, in a fraction of a second.
// `npm run build` is the whole thing, checked.
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SOURCE = join(ROOT, 'src');
const TARGET = join(ROOT, 'dist');
/** What each output was made from. Gone when another build replaced the folder, and then everything is made again. */
const RECORD = join(TARGET, '.made-from.json');
const SETTINGS = ['.swcrc', 'package-lock.json', 'scripts/build.mjs'];

/** @returns {Promise<number>} how many files were written */
export async function build() {
  const [record, now] = await Promise.all([readRecord(), readSources()]);
  const settings = (await Promise.all(SETTINGS.map((file) => fingerprint(join(ROOT, file))))).join(' ');
  const made = record.settings === settings ? record.files : {};
  const stale = Object.keys(now).filter((file) => made[file] !== now[file]);
  const gone = Object.keys(record.files).filter((file) => !(file in now));
  if (stale.length + gone.length === 0) return 0;
  await Promise.all(gone.map((file) => rm(join(TARGET, outputOf(file)), { force: true })));
  await compile(stale);
  await writeFile(RECORD, JSON.stringify({ settings, files: now }));
  return stale.length;
}

async function readRecord() {
  try {
    return JSON.parse(await readFile(RECORD, 'utf8'));
  } catch {
    return { settings: '', files: {} };
  }
}

async function readSources() {
  const files = (await readdir(SOURCE, { recursive: true })).filter(
    (file) => /\.(ts|js)$/.test(file) && !/\.(spec|d)\.ts$/.test(file),
  );
  return Object.fromEntries(
    await Promise.all(files.map(async (file) => [file, await fingerprint(join(SOURCE, file))])),
  );
}

/** Date and size together: a checkout of an older commit has a newer date, a restored archive an older one. */
async function fingerprint(file) {
  const { mtimeMs, size } = await stat(file);
  return `${mtimeMs}:${size}`;
}

async function compile(files) {
  const { transformFile } = await import('@swc/core');
  await Promise.all(
    files.map(async (file) => {
      const output = join(TARGET, outputOf(file));
      await mkdir(dirname(output), { recursive: true });
      const { code, map } = await transformFile(join(SOURCE, file), { root: ROOT, cwd: ROOT });
      const name = output.slice(output.lastIndexOf('/') + 1);
      await Promise.all([
        writeFile(output, `${code}\n//# sourceMappingURL=${name}.map\n`),
        writeFile(`${output}.map`, map ?? '{}'),
      ]);
    }),
  );
}

const outputOf = (file) => file.replace(/\.ts$/, '.js');

// Refuses what no formatter sees: large files, trailing white space, conflict markers, a missing last newline,
// files that are not YAML or JSON although they are named so.
//   node scripts/check-files.mjs FILE…     the files named
//   node scripts/check-files.mjs --all     every file of the repository
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { parseAllDocuments } from 'yaml';

const MAX_BYTES = 512 * 1024;
/** Generated, and compared with what they are generated from. */
const MAY_BE_LARGE = new Set(['package-lock.json', 'openapi.json']);
const NOT_OURS = new Set(['.git', '.chatapi', 'artifacts', 'coverage', 'dist', 'node_modules']);
/** Messages as they came over the wire, kept to the byte; chart templates, which are YAML only when rendered. */
const AS_THEY_CAME = /(\.eml$|\.snap$|(^|\/)fixtures\/raw\/)/;
const TEMPLATE = /(^|\/)deploy\/.*\/templates\//;
/** These are JSON with comments. */
const COMMENTED_JSON = /(^|\/)(tsconfig(\..+)?\.json|\.vscode\/.*|\.swcrc)$/;

function faultsOf(path) {
  const size = statSync(path).size;
  if (size > MAX_BYTES && !MAY_BE_LARGE.has(basename(path))) {
    return [`${path}: ${Math.ceil(size / 1024)} KB; more than 512 KB does not belong in the repository`];
  }
  const bytes = readFileSync(path);
  if (bytes.includes(0) || AS_THEY_CAME.test(path)) return [];
  const text = bytes.toString('utf8');
  return [...faultsOfText(path, text), ...faultsOfSyntax(path, text)];
}

function faultsOfText(path, text) {
  const faults = [];
  text.split('\n').forEach((line, index) => {
    const at = `${path}:${index + 1}`;
    if (line.endsWith('\r')) faults.push(`${at}: the line ends in CR LF`);
    else if (/[ \t]$/.test(line)) faults.push(`${at}: trailing white space`);
    if (/^(<{7}|>{7})( |$)/.test(line)) faults.push(`${at}: an unresolved merge`);
  });
  if (text !== '' && !text.endsWith('\n')) faults.push(`${path}: no newline at the end`);
  return faults;
}

function faultsOfSyntax(path, text) {
  if (/\.ya?ml$/.test(path) && !TEMPLATE.test(path)) {
    const errors = parseAllDocuments(text).flatMap((document) => document.errors);
    return errors.map((error) => `${path}:${error.linePos?.[0].line ?? 1}: ${error.message.split('\n')[0]}`);
  }
  if (/\.json$/.test(path) && !COMMENTED_JSON.test(path)) {
    try {
      JSON.parse(text);
    } catch (error) {
      return [`${path}: ${error.message}`];
    }
  }
  return [];
}

/** What git knows, and what is new; without git, every file that is not installed or built. */
function everyFile() {
  try {
    const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return listed.toString().split('\0').filter(Boolean);
  } catch {
    return walk('.');
  }
}

function walk(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !NOT_OURS.has(name))
    .flatMap((entry) => (entry.isDirectory() ? walk(join(folder, entry.name)) : [join(folder, entry.name)]));
}

const asked = process.argv.slice(2);
const files = asked.includes('--all') ? everyFile() : asked;
const faults = files
  .map((file) => relative(process.cwd(), file) || file)
  .filter((file) => existsSync(file) && statSync(file).isFile())
  .flatMap(faultsOf);

if (faults.length > 0) {
  console.error(faults.join('\n'));
  process.exitCode = 1;
}

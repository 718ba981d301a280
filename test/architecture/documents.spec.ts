import { describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { blocksOf, commandsOf, isRunHere, pages as documents } from '../support/documents.js';

/** What the service was specified to stand on; everything else has its reason in docs/dependencies.md. */
const FOUNDATION = [
  '@nestjs/bull',
  '@nestjs/core',
  '@nestjs/platform-express',
  '@nestjs/throttler',
  '@nestjs/websockets',
  'bcryptjs',
  'bull',
  'class-validator',
  'ioredis',
  'jest',
  'mailgun.js',
  'nodemailer',
  'pg',
  'typeorm',
];

describe('docs/dependencies.md', () => {
  const rows = [...readFileSync('docs/dependencies.md', 'utf8').matchAll(/^\| `([^`]+)` +\| (.+?) *\|$/gm)];
  const listed = rows.map(([, name]) => name!);
  const { dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    dependencies: Record<string, string>;
    devDependencies: Record<string, string>;
  };
  const installed = Object.keys({ ...dependencies, ...devDependencies });

  it('gives a reason for every dependency beyond the foundation', () => {
    expect(installed.filter((name) => !FOUNDATION.includes(name) && !listed.includes(name))).toEqual([]);
    for (const [, name, reason] of rows) expect(`${name}: ${reason}`).toMatch(/: .{15,}/);
  });

  it('lists nothing that is gone, and nothing twice', () => {
    expect(listed.filter((name) => !installed.includes(name))).toEqual([]);
    expect(listed).toEqual([...new Set(listed)]);
  });
});

describe('docs/adr', () => {
  const records = readdirSync('docs/adr').filter((name) => /^\d{4}-/.test(name));

  it('is indexed: every record once, in order', () => {
    const index = readFileSync('docs/adr/README.md', 'utf8');
    expect([...index.matchAll(/\]\((\d{4}-[^)]+)\)/g)].map(([, name]) => name)).toEqual(records.sort());
  });

  it.each(records)('%s has a title, a status and the reasons', (name) => {
    const text = readFileSync(join('docs/adr', name), 'utf8');
    expect(text).toMatch(new RegExp(`^# ${name.slice(0, 4)}\\. .+\n`));
    for (const heading of ['Context', 'Decision', 'Consequences']) expect(text).toContain(`\n## ${heading}\n`);
    expect(text).toMatch(/^Status: (proposed|accepted|superseded by \[)/m);
  });

  it('numbers no two records alike', () => {
    const numbers = records.map((name) => name.slice(0, 4));
    expect(numbers).toEqual([...new Set(numbers)]);
  });
});

describe('the links of the documents', () => {
  const pages = [
    ...readdirSync('.').filter((name) => name.endsWith('.md')),
    ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => join('docs', name)),
  ];

  it.each(pages)('of %s lead somewhere', (page) => {
    const text = readFileSync(page, 'utf8').replaceAll(/```[\s\S]*?```/g, '');
    const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!.split('#')[0]!);
    const local = targets.filter((target) => target !== '' && !/^[a-z]+:/.test(target));
    expect(local.filter((target) => !existsSync(join(dirname(page), target)))).toEqual([]);
  });
});

describe('what the documents tell their readers to run', () => {
  const blocks = documents().flatMap(blocksOf);
  const scripts = (JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }).scripts;

  it.each(documents())('in %s are npm scripts that exist', (page) => {
    const named = [...readFileSync(page, 'utf8').matchAll(/\bnpm run (?:--silent )?([a-z][\w-]*(?::\w+)*)/g)];
    expect(named.map(([, script]) => script!).filter((script) => !(script in scripts))).toEqual([]);
  });

  it.each(blocks.filter((block) => !isRunHere(block)))('$page:$line says by what it is run, or why not', (block) => {
    if (block.runBy.length === 0) return expect(block.notRun).toMatch(/.{15,}/);
    const runs = block.runBy.map((file) => readFileSync(file, 'utf8').replaceAll(' --silent', '')).join('\n');
    // A test may start a script as `npm('migrate')` or with other settings before it.
    const script = (command: string) => `'${/ npm run (\S+)$/.exec(` ${command}`)?.[1]}'`;
    expect(commandsOf(block).filter((one) => !runs.includes(one) && !runs.includes(script(one)))).toEqual([]);
  });

  it.each(blocks.filter(isRunHere))('$page:$line says the status of every call', ({ text, statuses }) => {
    expect(statuses).toHaveLength([...text.matchAll(/\bcurl /g)].length);
  });
});

describe('docs/architecture.md', () => {
  const foldersOf = (folder: string) =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? entry.name : []));
  const page = readFileSync('docs/architecture.md', 'utf8');

  it.each([...foldersOf('src'), ...foldersOf('src/platform'), ...foldersOf('src/modules'), ...foldersOf('test')])(
    'shows the folder %s',
    (name) => {
      expect(page).toMatch(new RegExp(`\\b${name}\\b`));
    },
  );

  it('names classes that exist', () => {
    const classes = [...page.matchAll(/`([A-Z]\w+)(?:\.\w+)?`/g)].map(([, name]) => name!);
    const source = readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(join('src', name), 'utf8'))
      .join('\n');
    expect(classes.filter((name) => !new RegExp(`class ${name}\\b`).test(source))).toEqual([]);
  });
});

import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { Env } from '../../src/config/env.js';

const run = promisify(execFile);

/** The other spelling of `DATABASE_URL`, which Env resolves and does not keep. */
const POSTGRES_PARTS = ['POSTGRES_HOST', 'POSTGRES_PORT', 'POSTGRES_USER', 'POSTGRES_PASSWORD', 'POSTGRES_DB'];

const defaults: Record<string, unknown> = { ...new Env() };
const source = readFileSync('src/config/env.ts', 'utf8');
/** From the source, because a setting without a default leaves no trace in an instance. */
const settings = [...source.matchAll(/^ {2}readonly ([A-Z][A-Z_]+)\??:/gm)].map(([, name]) => name!);

const example = Object.fromEntries(
  readFileSync('.env.example', 'utf8')
    .split('\n')
    .flatMap((line) => [...line.matchAll(/^(?:# )?([A-Z][A-Z_]+)=(.*)$/g)])
    .map(([, name, value]) => [name!, value!]),
);

describe('the settings of the environment', () => {
  it('are read from the class Env', () => {
    expect(settings).toEqual(expect.arrayContaining([...Object.keys(defaults), 'DATABASE_URL', 'REDIS_URL']));
  });

  it('are all in .env.example, and nothing else is', () => {
    expect(Object.keys(example).sort()).toEqual([...settings, ...POSTGRES_PARTS].sort());
  });

  it.each(Object.keys(defaults).filter((name) => defaults[name] !== undefined && name !== 'SECRET_KEY'))(
    'has in .env.example the default of %s',
    (name) => expect(example[name]).toBe(String(defaults[name])),
  );

  it('are all in docs/configuration.md, and nothing else is', () => {
    const page = readFileSync('docs/configuration.md', 'utf8');
    expect([...page.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, name]) => name)).toEqual(settings);
    for (const part of POSTGRES_PARTS) expect(page).toContain(`\`${part}\``);
  });

  it('have a table that is generated from their source', async () => {
    await expect(run(process.execPath, ['scripts/config-table.mjs', '--check'])).resolves.toBeDefined();
  });

  it('leave no secret in .env.example', () => {
    for (const name of ['SECRET_KEY', 'ADMIN_KEY', 'CLIENT_KEY', 'POSTGRES_PASSWORD']) expect(example[name]).toBe('');
  });
});

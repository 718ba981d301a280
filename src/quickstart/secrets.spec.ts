import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parseKey } from '../platform/security/api-key.js';
import { QuickstartFault } from './fault.js';
import { Home } from './home.js';
import { loadSecrets } from './secrets.js';

let home: Home;
beforeEach(() => {
  home = new Home(join(mkdtempSync(join(tmpdir(), 'chatapi-spec-')), '.chatapi'));
});
afterEach(() => rmSync(join(home.folder, '..'), { recursive: true, force: true }));

describe('the secrets', () => {
  it('are made up once and found again', () => {
    expect(loadSecrets(home)).toEqual(loadSecrets(new Home(home.folder)));
  });

  it('are readable by their owner only', () => {
    loadSecrets(home);
    expect(statSync(home.path('secrets.json')).mode & 0o777).toBe(0o600);
  });

  it('hold a real master key, and nothing twice', () => {
    const secrets = loadSecrets(home);
    expect(parseKey(secrets.CLIENT_KEY)?.type).toBe('master');
    expect(new Set(Object.values(secrets)).size).toBe(4);
  });

  it('keep what an older release wrote, and add what it did not know', () => {
    home.writeJson('secrets.json', { ADMIN_KEY: 'an-admin-key-of-old' });
    expect(loadSecrets(home).ADMIN_KEY).toBe('an-admin-key-of-old');
    expect(JSON.parse(readFileSync(home.path('secrets.json'), 'utf8'))).toEqual(loadSecrets(home));
  });

  it('that are damaged end the start with the cure', () => {
    writeFileSync(home.path('secrets.json'), '{"ADMIN_KEY":');
    expect(() => loadSecrets(home)).toThrow(QuickstartFault);
    expect(() => loadSecrets(home)).toThrow(/is damaged: restore it, or delete/);
  });
});

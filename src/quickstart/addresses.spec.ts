import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Addresses, exportLines, tellAddresses } from './addresses.js';
import { Home } from './home.js';

const ADDRESSES: Addresses = {
  CHATAPI_URL: 'http://localhost:8000',
  ADMIN_KEY: 'an $odd "key" of #the operator’s',
  CLIENT_KEY: 'ck_master_abc_def',
  MAIL_URL: 'http://127.0.0.1:1080',
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chatapi-addresses-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const values =
  'JSON.stringify([process.env.CHATAPI_URL, process.env.ADMIN_KEY, process.env.CLIENT_KEY, process.env.MAIL_URL])';
const plain = { env: { PATH: process.env.PATH }, encoding: 'utf8' } as const;

describe('the addresses of a running service', () => {
  it('reach a shell that reads the file, and a Node that loads it', () => {
    tellAddresses(new Home(folder), ADDRESSES);
    const file = join(folder, 'env');
    const inShell = execFileSync('/bin/sh', ['-c', `. ${file}; node -p '${values}'`], plain);
    const inNode = execFileSync(process.execPath, ['-p', `process.loadEnvFile('${file}'); ${values}`], plain);
    for (const said of [inShell, inNode]) expect(JSON.parse(said)).toEqual(Object.values(ADDRESSES));
  });

  it('survive a quote in a shell', () => {
    const key = `it's`;
    const said = execFileSync(
      '/bin/sh',
      ['-c', `${exportLines({ ...ADDRESSES, ADMIN_KEY: key })} printf %s "$ADMIN_KEY"`],
      plain,
    );
    expect(said).toBe(key);
  });

  it('leave out a mail catcher that is not there', () => {
    expect(exportLines({ ...ADDRESSES, MAIL_URL: undefined })).not.toContain('MAIL_URL');
  });

  it('are for this user’s eyes, and gone when the service is', () => {
    const forget = tellAddresses(new Home(folder), ADDRESSES);
    expect(statSync(join(folder, 'env')).mode & 0o777).toBe(0o600);
    forget();
    expect(existsSync(join(folder, 'env'))).toBe(false);
  });
});

import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { banner, withoutPassword, type BannerFacts } from './banner.js';

const FACTS: BannerFacts = {
  port: 8123,
  adminKey: 'the-admin-key',
  clientKey: 'ck_master_abcROOMdef_secret',
  databaseUrl: 'postgres://chatapi:pw@127.0.0.1:5001/chatapi',
  redisUrl: 'redis://127.0.0.1:5002',
  mail: { webUrl: 'http://127.0.0.1:5003', smtpUrl: 'smtp://127.0.0.1:5004' },
  home: { folder: '/home/ann/.chatapi', hadData: false },
  seconds: 1.234,
};

const curlLines = (text: string): string[] => text.split('\n').filter((line) => line.includes('curl '));

describe('the banner', () => {
  it.each([
    'http://localhost:8123/api/v1',
    'http://localhost:8123/docs',
    'http://localhost:8123/redoc',
    'http://localhost:8123/asyncapi',
    'http://localhost:8123/api/v1/openapi.json',
    'http://localhost:8123/admin/queues',
    'http://localhost:8123 (path /sockets)',
    'ws://localhost:8123/api/v1/websocket/open',
    FACTS.databaseUrl,
    FACTS.redisUrl,
    'http://127.0.0.1:5003',
    'smtp://127.0.0.1:5004',
    'the-admin-key',
    'ck_master_abcROOMdef_secret',
    'ready (1.2 s)',
  ])('says %s', (part) => {
    expect(banner(FACTS)).toContain(part);
  });

  it('says on a later start that the data is kept', () => {
    expect(banner({ ...FACTS, home: { folder: '/home/ann/.chatapi', hadData: true } })).toContain(
      'earlier start are kept: /home/ann/.chatapi',
    );
    expect(banner(FACTS)).not.toContain('earlier start');
  });

  it('says how another terminal gets at it, where that is kept', () => {
    expect(banner(FACTS)).toContain('`. /home/ann/.chatapi/env`');
    expect(banner({ ...FACTS, home: undefined })).not.toContain('another terminal');
  });

  it('leaves out the mail catcher when there is none', () => {
    expect(banner({ ...FACTS, mail: undefined })).not.toContain('Mail catcher');
  });

  it('gives three calls that a shell runs as they stand', () => {
    // A stand-in for curl that answers like the service and shows what it was given.
    const curl = `curl() { for a; do case $a in '{'*) echo "body $a" >&2;; X-*|Auth*) echo "$a" >&2;; esac; done; echo '{"id":"7b","owner":{"id":"no"}}'; }`;
    const output = execFileSync('/bin/sh', ['-c', `exec 2>&1; ${curl}; ${curlLines(banner(FACTS)).join('\n')}`], {
      encoding: 'utf8',
    });

    const bodies = [...output.matchAll(/^body (.*)$/gm)].map(([, body = '']) => JSON.parse(body) as unknown);
    expect(bodies).toEqual([
      { type: 'group', name: 'First room', members: ['bob'] },
      { roomId: '7b', content: 'Hello, Bob' },
      { to: { email: 'ann@example.com' }, channels: { email: { subject: 'Hello', text: 'It works' } } },
    ]);
    expect(output.match(/Authorization: Bearer ck_master_abcROOMdef_secret/g)).toHaveLength(3);
    expect(output.match(/X-User-Id: ann/g)).toHaveLength(2);
  });
});

describe('an address of the user’s own', () => {
  it('is shown without its password', () => {
    expect(withoutPassword('postgres://me:secret@db:5432/x')).toBe('postgres://me:***@db:5432/x');
    expect(withoutPassword('redis://cache:6379')).toBe('redis://cache:6379');
  });
});

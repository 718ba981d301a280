import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { aClient, type TestClient } from '../builders/clients.js';
import { aHouse, type House } from '../contracts/kit/house.js';
import { TRANSPORTS } from '../contracts/kit/lines.js';
import { type Job, runAll, type Verdict } from '../contracts/kit/run.js';
import type { Step } from '../contracts/kit/scenario.js';
import { anApp, type TestApp } from '../support/app.js';

jest.setTimeout(60_000);

let app: TestApp;
let client: TestClient;
let house: House;

beforeAll(async () => {
  app = await anApp();
  client = await aClient(app);
  house = aHouse({ url: app.url, masterKey: client.masterKey, prefix: 'run', patienceMs: 20_000 });
}, 60_000);

afterAll(() => app.close());

describe.each(TRANSPORTS)('what a service should not do is found over %s', (transport) => {
  const hello = { ev: 'message.created', data: { content: 'Hello' } };
  const send: Step = { as: 'ana', do: 'message.send', with: { roomId: '$room.id', content: 'Hello' } };
  const sends: Step = { ...send, hears: { 'ana, ben': [hello] } };
  const handsOver: Step = {
    as: 'ana',
    do: 'member.update',
    with: { roomId: '$room.id', userId: '$ben', role: 'owner' },
  };
  const demoted = { ev: 'member.updated', data: { userId: '$ana', role: 'admin' } };
  const promoted = { ev: 'member.updated', data: { userId: '$ben', role: 'owner' } };
  const shows: Step = { as: 'eve', do: 'room.show', with: { roomId: '$room.id' } };
  const bad: Step = { as: 'ana', do: 'message.send', with: { roomId: '$room.id' } };

  async function verdictOn(steps: readonly Step[], patienceMs = 20_000): Promise<Verdict | undefined> {
    const given = {
      users: ['ana', 'ben', 'eve'],
      rooms: { room: { type: 'group', members: { ana: 'owner', ben: 'member' } } },
    } as const;

    const job: Job = {
      scenario: { name: 'planted', title: 'Planted', given, steps },
      transport,
      house: { ...house, patienceMs },
    };
    return runAll([job], 1).get(job);
  }

  it('and what it should do is not', async () => {
    const updates = { ...handsOver, hears: { 'ana, ben': [demoted, promoted] } };
    const refused = { ...shows, status: 404, refused: { code: 'not_found' } };
    expect(await verdictOn([sends, updates, refused])).toMatchObject({ kind: 'held' });
  });

  it.each<[string, Step[], RegExp]>([
    [
      'an event with a wrong value',
      [{ ...send, hears: { 'ana, ben': [{ ...hello, data: { content: 'Goodbye' } }] } }],
      /^step 1 \(ana: message\.send\): (ana|ben) should hear .*\n +in it \/data\/content is "Hello", not "Goodbye"$/,
    ],
    ['an event too many', [send, sends], /ana heard what they should not|ana should hear .*/],
    ['an event too many after which nothing comes', [sends, send], /should hear .*"room\.created"|heard what/],
    [
      'an event that one hears who should not',
      [{ ...send, hears: { ana: [hello] } }],
      /ben should hear .*"room\.created".* and heard message\.created|ben heard what they should not: message\.created/,
    ],
    [
      'events in a wrong order',
      [{ ...handsOver, hears: { 'ana, ben': [promoted, demoted] } }],
      /ana should hear .*\n +in it \/data\/userId is ".*-ana-\d+", not ".*-ben-\d+"/,
    ],
    [
      'another event than the one expected',
      [{ ...send, hears: { 'ana, ben': [{ ev: 'message.updated' }] } }],
      /should hear \{"ev":"message\.updated"\} next, and heard message\.created.*\n +in it it is message\.created/,
    ],
    ['an answer with a wrong value', [{ ...sends, expect: { message: { seq: 2 } } }], /\/message\/seq is 1, not 2/],
    ['an answer instead of a refusal', [{ ...sends, refused: { code: 'forbidden' } }], /was not refused/],
    ['a refusal instead of an answer', [shows], /was refused: .*not_found/],
    ['a refusal with another code', [{ ...shows, refused: { code: 'forbidden' } }], /\/code is "not_found"/],
    [
      'a refusal with another pointer',
      [{ ...bad, refused: { code: 'validation_failed', errors: [{ pointer: '/roomId' }] } }],
      /\/errors\/0\/pointer is "\/content", not "\/roomId"/,
    ],
    ['another status', [{ ...shows, status: 403, refused: { code: 'not_found' } }], /the status is 404, not 403/],
  ])('%s', async (_what, steps, why) => {
    expect(await verdictOn(steps)).toEqual({ kind: 'broken', why: expect.stringMatching(why) });
  });

  it('an event that never comes', async () => {
    const verdict = await verdictOn([{ ...send, hears: { ben: [hello, hello] } }], 300);
    const why = /^step 1 .*: ben did not hear .* within 300 ms, only: (message\.created|nothing)/;
    expect(verdict).toEqual({ kind: 'broken', why: expect.stringMatching(why) });
  });

  const ofTheMoment: Step = { as: 'ana', do: 'typing.start', with: { roomId: '$room.id' } };
  const neverStops = { ...ofTheMoment, hears: { ben: [{ ev: 'typing.stopped' }] } };
  const joins: Step = { as: 'ana', do: 'member.add', with: { roomId: '$room.id', userId: '$eve' } };
  const isBusy: Step = {
    as: 'ana',
    do: 'presence.set',
    with: { status: 'busy' },
    hears: { 'ana, ben': [{ ev: 'presence.changed' }] },
  };
  it('an event of the moment that never comes, where there are sockets', async () => {
    const why = transport === 'rest' ? /a command of sockets/ : /ben did not hear \{"ev":"typing\.stopped"\}/;
    expect(await verdictOn([neverStops], 300)).toMatchObject({ why: expect.stringMatching(why) });
  });

  it.each<[string, Step[], RegExp]>([
    ['an event of the moment too many', [ofTheMoment, sends], /ben heard what they should not: typing\.started/],
    [
      'the presence of somebody whom one should not know',
      [{ ...joins, hears: { 'ana, ben, eve': [{ ev: 'member.joined' }] } }, isBusy],
      /eve heard what they should not: presence\.changed/,
    ],
  ])('%s, where there are sockets', async (_what, steps, why) => {
    const verdict = await verdictOn(steps);
    if (transport === 'rest') expect(verdict).toMatchObject({ kind: 'skipped' });
    else expect(verdict).toEqual({ kind: 'broken', why: expect.stringMatching(why) });
  });
});

describe('npm run contracts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'chatapi-contracts-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  async function command(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const env = { PATH: process.env.PATH, CHATAPI_HOME: folder };
    const child = spawn(process.execPath, ['scripts/contracts.mjs', ...args], { env });
    const said = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number];
    return { code, ...said };
  }

  it('plays what it is told to against a live service, and leaves nothing behind', async () => {
    const other = await aClient(app);

    const said = await command('--url', app.url, '--key', other.masterKey, '--only', 'typing', '--only', 'mute');

    expect(said).toMatchObject({ code: 0, stderr: '' });
    expect(
      said.stdout
        .replaceAll(/\d\.\d s/g, 'n s')
        .split('\n')
        .sort()
        .filter(Boolean),
    ).toEqual([
      '5 hold, 0 do not, 1 are not for that transport.',
      '– rest typing: typing.start is a command of sockets',
      '✓ rest mute (n s)',
      '✓ socketio mute (n s)',
      '✓ socketio typing (n s)',
      '✓ websocket mute (n s)',
      '✓ websocket typing (n s)',
    ]);
    expect((await other.master.get('/rooms/all')).body.data).toEqual([]);
    expect((await other.master.get('/users')).body.data).toEqual([]);
  });

  it('says what does not hold, and fails', async () => {
    const planted =
      'title: A room that is not there\ngiven: { users: [ana] }\nsteps:\n  - { as: ana, do: room.list, expect: { data: [1] } }\n';
    writeFileSync(join(folder, 'planted.yaml'), planted);

    const args = ['--url', app.url, '--key', client.masterKey, '--scenarios', folder, '--transport', 'websocket'];
    const { code, stdout } = await command(...args);

    expect(code).toBe(1);
    expect(stdout).toContain('✗ websocket planted: A room that is not there\n    step 1 (ana: room.list): answered');
    expect(stdout).toContain('0 hold, 1 do not');
  });

  it.each([
    ['nobody says where the service is', [], 'Say --url and --key'],
    ['the service is away', ['--url', 'http://127.0.0.1:9', '--key', 'k'], 'http://127.0.0.1:9 does not answer.'],
    ['a transport does not exist', ['--url', 'u', '--key', 'k', '--transport', 'smoke'], 'There is no such transport:'],
    ['a scenario does not exist', ['--url', 'u', '--key', 'k', '--only', 'war'], 'There is no such scenario:'],
    ['a flag does not exist', ['--loud'], "Unknown option '--loud'"],
  ])('says in one sentence that %s', async (_fault, args, sentence) => {
    const { code, stderr } = await command(...args);

    expect(code).toBe(1);
    expect(stderr).toContain(sentence);
    expect(stderr.trim()).not.toContain('\n');
  });

  it('says in one sentence that the key is not a master key', async () => {
    const ana = await client.login('a-real-user');

    const { code, stderr } = await command('--url', app.url, '--key', ana.apiKey);

    expect({ code, stderr }).toEqual({ code: 1, stderr: 'It must be a master key: users are logged in with it.\n' });
  });
});

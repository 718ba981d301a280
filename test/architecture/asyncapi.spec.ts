import { describe, expect, it } from '@jest/globals';
import asyncApiSpecs from '@asyncapi/specs';
import { Ajv } from 'ajv';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe as describeHouse } from '../../src/boot.js';
import { SCOPES } from '../../src/platform/security/index.js';
import { theContract } from '../support/contract.js';
import { SETTINGS } from '../support/judge.js';
import { lint } from '../support/redocly.js';
import { SocketContract, type SocketOperation, theSocketContract } from '../support/socket-contract.js';
import { describeSchemas } from './schemas.js';

const COMMITTED = 'docs/asyncapi.json';
const contract = theSocketContract();
const { document } = contract;
const operations = Object.entries(document.operations).map(([id, operation]) => ({ id, operation }));
const messages = Object.entries(document.channels).flatMap(([transport, channel]) =>
  Object.values(channel.messages).map((message) => ({ id: `${transport}.${message.name}`, message })),
);
/** Of one transport; that the other has the same is a test. */
const named = (kind: 'x-command' | 'x-event'): string[] =>
  operations.flatMap(({ id, operation }) => (id.startsWith('raw.') ? (operation[kind] ?? []) : []));

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))
  .map((name) => join('src', name));

describe('docs/asyncapi.json', () => {
  it('is what the house says of itself, without a database or a cache', async () => {
    const { asyncapi } = await describeHouse();
    expect(JSON.parse(JSON.stringify(asyncapi))).toEqual(document);
  });

  const fits = new Ajv({ ...SETTINGS, validateFormats: false }).compile(asyncApiSpecs.schemasWithoutId['3.0.0']);

  it('is valid AsyncAPI 3.0', () => {
    fits(document);
    expect(fits.errors ?? []).toEqual([]);
  });

  it.each([
    ['a server without a host', { servers: { raw: { protocol: 'ws' } } }],
    ['an operation without an action', { operations: { x: { channel: { $ref: '#/channels/raw' } } } }],
    ['a version of another kind', { asyncapi: '2.6.0' }],
  ])('would not be with %s', (_, fault) => {
    expect(fits({ ...document, ...fault })).toBe(false);
  });

  it('passes the linter without a fault', async () => {
    expect(await lint(COMMITTED)).toEqual({ code: 0, rules: [] });
  }, 60_000);

  it('has each command that the source declares, and each event of its tables', async () => {
    const texts = sources.map((name) => readFileSync(name, 'utf8'));
    const commands = texts.flatMap((text) => [...text.matchAll(/@Command\('([^']+)'/g)].map(([, name]) => name));
    const tables = sources.filter((name) => name.endsWith('.events.ts'));
    const exported = (await Promise.all(tables.map((name) => import(`../../${name}`) as Promise<object>))).flatMap(
      (file) => Object.values(file) as unknown[],
    );
    // Tables of what other systems are told may repeat some of it, and have more.
    const declared = exported.filter(isTable).flatMap((table) => Object.entries(table));
    const events = [...new Set(declared.flatMap(([name, event]) => (isOfSockets(event) ? [name] : [])))];

    expect(commands.length).toBeGreaterThan(15);
    expect(events.length).toBeGreaterThan(25);
    expect(named('x-command').sort()).toEqual(commands.sort());
    expect(named('x-event').sort()).toEqual(events.sort());
  });

  it('has the same commands and events on both transports', () => {
    const saying = (transport: string) =>
      operations.flatMap(({ id, operation }) => (id.startsWith(`${transport}.`) ? [extensionsOf(operation)] : []));
    const [raw, socketIo] = [saying('raw'), saying('socketIo')].map((all) =>
      all.filter((one) => Object.keys(one).length > 0),
    );
    expect(raw).toEqual(socketIo);
    expect(raw!.length).toBe(named('x-command').length + named('x-event').length);
  });

  it('has the schemas of the OpenAPI document, by the same names', () => {
    const rest = theContract().document.components.schemas;
    const shared = Object.keys(document.components.schemas).filter((name) => name in rest);

    expect(shared).toEqual(expect.arrayContaining(['MessageView', 'RoomView', 'MemberView', 'SendMessageDto']));
    for (const name of shared) expect(document.components.schemas[name]).toEqual(rest[name]);
  });
});

describe.each(operations)('$id', ({ id, operation }) => {
  const { summary, channel, messages: sent, reply } = operation;

  it('is of its channel, with a summary', () => {
    const [transport = ''] = id.split('.');
    expect(summary).toMatch(/^[A-Z].{5,}/);
    for (const { $ref } of [channel, ...sent, ...(reply ? [reply.channel, ...reply.messages] : [])]) {
      expect(`${$ref}/`).toContain(`#/channels/${transport}/`);
      expect(contract.resolved({ $ref })).toBeDefined();
    }
  });

  if (operation['x-command'] !== undefined)
    it('says who may call it, what it takes and answers, and how it refuses', () => {
      expect(operation).toMatchObject({ action: 'receive', reply: { messages: [expect.anything()] } });
      for (const scope of operation['x-scopes'] ?? ['none']) expect([...SCOPES, 'master']).toContain(scope);
      for (const part of ['x-input', 'x-answer'] as const) expect(contract.resolved(operation[part]!)).toBeDefined();
      const always = ['validation_failed', 'rate_limited', 'internal', 'unavailable'];
      expect(operation['x-errors']).toEqual(expect.arrayContaining(always));
    });

  if (operation['x-event'] !== undefined)
    it('says what it carries, and whether it has a place in its room', () => {
      expect(operation).toMatchObject({ action: 'send', 'x-durable': expect.any(Boolean) });
      const name = operation['x-event']!;
      const { payload } = document.channels.raw.messages[name]!;
      expect((payload.required as string[]).includes('offset')).toBe(operation['x-durable']);
    });
});

describe.each(messages)('$id', ({ message: { summary, payload, examples } }) => {
  it('has a summary, and examples that fit', () => {
    expect(summary).toMatch(/.{5,}/);
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) expect(contract.faultsIn(example.payload, payload)).toEqual([]);
  });
});

describeSchemas(document.components.schemas);

describe('the judge of frames', () => {
  const judge = new SocketContract(document);
  const roomId = '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11';
  const ts = '2026-11-24T09:30:00.000Z';
  const joined = { ev: 'member.joined', roomId, offset: 2, ts, data: { userId: 'bob', role: 'member', joinedAt: ts } };
  const typing = { ev: 'typing.started', roomId, ts, data: { userId: 'bob' } };
  const error = { code: 'not_found', message: 'No.', temporary: false };
  const start = { id: 1, cmd: 'typing.start', data: { roomId } };

  it('lets pass what is documented', () => {
    const { data, ev, ...envelope } = joined;
    expect(judge.faultsOfSent('raw', 'typing.start', start)).toEqual([]);
    expect(judge.faultsOfSent('raw', 'ping', { cmd: 'ping' })).toEqual([]);
    expect(judge.faultsOfSent('socketIo', 'ping', [])).toEqual([]);
    expect(judge.faultsOfAnswer('raw', 'typing.start', { id: 1, ok: { roomId } })).toEqual([]);
    expect(judge.faultsOfAnswer('socketIo', 'typing.start', [{ error }])).toEqual([]);
    expect(judge.faultsOfPush('raw', ev, joined)).toEqual([]);
    expect(judge.faultsOfPush('socketIo', ev, [data, envelope])).toEqual([]);
    expect(judge.faultsOfFeed([joined])).toEqual([]);
  });

  it.each<[string, string[], string]>([
    ['an unknown command', judge.faultsOfSent('raw', 'room.burn', start), 'there is no room.burn'],
    ['an event as a command', judge.faultsOfSent('raw', 'typing.started', typing), 'there is no typing.started'],
    ['an unknown field', judge.faultsOfSent('raw', 'typing.start', { ...start, data: { roomId, a: 1 } }), 'additional'],
    ['no data', judge.faultsOfSent('raw', 'typing.start', { id: 1, cmd: 'typing.start' }), "property 'data'"],
    ['a wrong id', judge.faultsOfSent('raw', 'typing.start', { ...start, id: -1 }), 'must be >= 0'],
    ['too many arguments', judge.faultsOfSent('socketIo', 'ping', [{}, {}]), 'more than 1'],
    ['another answer', judge.faultsOfAnswer('raw', 'typing.start', { id: 1, ok: {} }), "property 'roomId'"],
    ['an answer to nothing', judge.faultsOfAnswer('raw', 'nothing', { id: 1, ok: {} }), "property 'error'"],
    ['both answers', judge.faultsOfAnswer('raw', 'typing.start', { id: 1, ok: { roomId }, error }), 'exactly one'],
    ['an answer without an id', judge.faultsOfAnswer('raw', 'typing.start', { ok: { roomId } }), "property 'id'"],
    [
      'an undocumented code',
      judge.faultsOfAnswer('raw', 'typing.start', { id: 1, error: { ...error, code: 'slow_mode' } }),
      'must be equal to one of the allowed values',
    ],
    ['an unknown event', judge.faultsOfPush('raw', 'member.danced', joined), 'there is no member.danced'],
    [
      'a durable event without its place',
      judge.faultsOfPush('raw', joined.ev, { ...joined, offset: undefined }),
      'offset',
    ],
    ['a place of what has none', judge.faultsOfPush('raw', typing.ev, { ...typing, offset: 2 }), 'must NOT be valid'],
    ['other data', judge.faultsOfPush('raw', joined.ev, { ...joined, data: { userId: 'bob' } }), "property 'role'"],
    ['what is of the moment in a feed', judge.faultsOfFeed([typing]), 'no durable event typing.started'],
  ])('finds %s', (_, faults, fault) => {
    expect(faults.join('\n')).toContain(fault);
  });
});

const extensionsOf = (operation: SocketOperation): object =>
  Object.fromEntries(Object.entries(operation).filter(([name]) => name.startsWith('x-')));

/** Whether it is a table of what is pushed: each entry names its data. */
const isOfSockets = (event: unknown): boolean => typeof event === 'object' && event !== null && 'kind' in event;

function isTable(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).every((entry) => typeof entry === 'object' && entry !== null && 'data' in entry);
}

import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { Document } from '../../support/contract.js';
import { COMMANDS, ROUTES } from './commands.js';
import { faultOfOffsets } from './offsets.js';
import { formFaultsOf, hearersOf, scenariosIn, type Step } from './scenario.js';

const json = <T>(file: string): T => JSON.parse(readFileSync(file, 'utf8')) as T;
const scenarios = scenariosIn();

describe('the scenarios', () => {
  it.each(scenarios)('$name speaks of its own people only', ({ given, steps }) => {
    const people = ['master', ...given.users];
    const named = steps.flatMap((step) => [step.as, ...hearersOf(step).map(([name]) => name)]);
    const members = Object.values(given.rooms ?? {}).flatMap((room) => Object.keys(room.members));
    expect([...named, ...members].filter((name) => !people.includes(name))).toEqual([]);
  });

  it('use every command', () => {
    const used = new Set(scenarios.flatMap(({ steps }) => steps.map((step) => step.do)));
    expect(COMMANDS.filter((command) => !used.has(command))).toEqual([]);
  });

  it('say different things', () => {
    const titles = scenarios.map(({ title }) => title);
    expect(titles).toEqual([...new Set(titles)]);
  });
});

describe('the commands', () => {
  it('are those of the schema', () => {
    const schema = json<{ $defs: { command: { enum: string[] } } }>('test/contracts/scenario.schema.json');
    expect(schema.$defs.command.enum).toEqual(COMMANDS);
  });

  it('reach every operation on rooms and messages', () => {
    const { paths } = json<Document>('docs/openapi.json');
    const operations = Object.entries(paths).flatMap(([path, item]) =>
      Object.entries(item)
        .filter(([, { tags }]) => tags.includes('Rooms') || tags.includes('Messages'))
        .map(([method]) => `${method.toUpperCase()} ${path.replaceAll(/\{\w+\}/g, '{}')}`),
    );
    const reached = Object.values(ROUTES).map(
      ({ method, path }) => `${method} /api/v1${path.replaceAll(/\{\w+\}/g, '{}')}`,
    );
    expect(operations.length).toBeGreaterThan(30);
    expect(reached.sort()).toEqual(operations.sort());
  });
});

describe('the form of a scenario', () => {
  const step: Step = { as: 'ana', do: 'room.list' };
  const kingdom = { users: ['ana'], rooms: { room: { type: 'group', members: { ana: 'king' } } } };
  const withSteps = (...steps: object[]) => ({ title: 'A title that says it', given: { users: ['ana'] }, steps });

  it('is held by the schema', () => {
    expect(formFaultsOf(withSteps(step))).toEqual([]);
  });

  it.each<[string, object]>([
    ['no steps', withSteps()],
    ['no title', { ...withSteps(step), title: undefined }],
    ['a command that does not exist', withSteps({ ...step, do: 'room.burn' })],
    ['a field that is misspelt', withSteps({ ...step, herars: {} })],
    ['both an answer and a refusal', withSteps({ ...step, expect: {}, refused: { code: 'not_found' } })],
    ['a refusal without a code', withSteps({ ...step, refused: {} })],
    ['an event without a name', withSteps({ ...step, hears: { ana: [{ offset: 1 }] } })],
    ['an event with a field that none has', withSteps({ ...step, hears: { ana: [{ ev: 'a.b', seq: 1 }] } })],
    ['hearers that are not divided by a comma and a space', withSteps({ ...step, hears: { 'ana,ben': [] } })],
    ['a role that does not exist', { ...withSteps(step), given: kingdom }],
  ])('does not allow %s', (_what, content) => {
    expect(formFaultsOf(JSON.parse(JSON.stringify(content)))).not.toEqual([]);
  });
});

it.each([
  [[1, 2, 3], 3, null],
  [[], 0, null],
  [[1, 3], 3, 'offsets 1,3'],
  [[1, 2, 2], 2, 'offsets 1,2,2'],
  [[2, 1], 2, 'offsets 2,1'],
  [[1, 2], 3, 'head 3'],
])('offsets %j with the head %i: %s', (offsets, head, fault) => {
  expect(faultOfOffsets(offsets, head)).toEqual(fault === null ? null : expect.stringContaining(fault));
});

import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe as describeHouse } from '../../src/boot.js';
import { STATUS_OF, type ErrorKind } from '../../src/platform/errors/index.js';
import { REFUSALS } from '../../src/platform/http/index.js';
import { SCOPES } from '../../src/platform/security/index.js';
import { Contract, type Operation, type Response, theContract } from '../support/contract.js';
import { lint } from '../support/redocly.js';
import { describeSchemas } from './schemas.js';

const COMMITTED = 'docs/openapi.json';
const contract = theContract();
const { document } = contract;

interface Listed {
  readonly name: string;
  readonly path: string;
  readonly operation: Operation;
}
const operations: Listed[] = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, path, operation })),
);

const isPublic = ({ security }: Operation): boolean => security.length === 0;

describe('docs/openapi.json', () => {
  it('is what the house says of itself, without a database or a cache', async () => {
    const { openapi } = await describeHouse();
    expect(JSON.parse(JSON.stringify(openapi))).toEqual(document);
  });

  it('has one schema by each name: of two classes of one name it would keep the last alone', () => {
    const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
    const described = files
      .map((name) => readFileSync(join('src', name), 'utf8'))
      .filter((text) => text.includes('@Api'));
    const names = described.flatMap((text) =>
      [...text.matchAll(/^(?:export )?(?:abstract )?class (\w+)/gm)].map(([, name]) => name),
    );
    expect(names.length).toBeGreaterThan(100);
    expect(names.filter((name, n) => names.indexOf(name) !== n)).toEqual([]);
  });

  it('names the version and the license of the package', () => {
    const { version, license } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, string>;
    expect(document.info).toMatchObject({ title: 'ChatAPI', version, license: { identifier: license } });
  });

  it('passes the linter without a fault', async () => {
    expect(await lint(COMMITTED)).toEqual({ code: 0, rules: [] });
  }, 60_000);

  it('would not pass with a fault in it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'openapi-'));
    const file = join(folder, 'openapi.json');
    const broken = JSON.parse(readFileSync(COMMITTED, 'utf8')) as { paths: Record<string, Record<string, object>> };
    broken.paths['/api/v1/rooms']!.post = { ...broken.paths['/api/v1/rooms']!.post, summary: undefined };
    writeFileSync(file, JSON.stringify(broken));
    expect(await lint(file)).toEqual({ code: 1, rules: ['operation-summary'] });
    rmSync(folder, { recursive: true });
  }, 60_000);
});

describe.each(operations)('$name', ({ path, operation }) => {
  const body = operation.requestBody?.content['application/json'];
  const statuses = Object.keys(operation.responses);
  const responses = Object.entries(operation.responses).map(([status, response]) => ({
    status: Number(status),
    ...contract.resolved<Response>(response),
  }));
  const codes = responses
    .filter(({ content }) => content?.['application/problem+json'])
    .flatMap(({ content }) => Object.keys(content!['application/problem+json']!.examples));

  it('has an id of its own, a summary and a described tag', () => {
    expect(operations.filter((other) => other.operation.operationId === operation.operationId)).toHaveLength(1);
    expect(operation.summary).toMatch(/^[A-Z].{5,}/);
    expect(document.tags.map(({ name }) => name)).toEqual(expect.arrayContaining(operation.tags));
    expect(operation.tags).toHaveLength(1);
  });

  it('says who may call it', () => {
    const schemes = operation.security.flatMap((requirement) => Object.keys(requirement));
    const scopes = operation['x-scopes'];
    if (schemes.length === 0) expect(scopes).toEqual([]);
    else if (scopes.includes('operator')) expect(schemes).toEqual(['adminKey']);
    else expect(schemes).toEqual(['bearer', 'apiKey']);
    for (const scope of scopes) expect([...SCOPES, 'master', 'operator']).toContain(scope);
  });

  it('has every refusal of its kind', () => {
    const expected = ['internal'];
    if (!isPublic(operation))
      expected.push('unauthenticated', 'forbidden', 'client_suspended', 'rate_limited', 'unavailable');
    if (operation['x-scopes'].some((scope) => scope.includes(':'))) expected.push('scope_missing');
    if (path.includes('{')) expected.push('not_found');
    if (body) expected.push('validation_failed', 'payload_too_large', 'unsupported_media_type');
    if (parameterNames(operation).includes('Idempotency-Key'))
      expected.push('idempotency_in_progress', 'idempotency_mismatch');
    expect(codes).toEqual(expect.arrayContaining(expected));
  });

  it('has a success, and for each answer a description and its headers', () => {
    expect(statuses.filter((status) => status.startsWith('2'))).not.toEqual([]);
    for (const { description, headers } of responses) {
      expect(description).toMatch(/.{5,}/);
      expect(Object.keys(headers)).toContain('X-Request-Id');
    }
    const success = responses.find(({ status }) => status < 300);
    if (!isPublic(operation)) expect(Object.keys(success!.headers)).toContain('RateLimit-Remaining');
  });

  it('has examples that fit, of what is sent and of every answer with a body', () => {
    const media = responses.flatMap(({ content = {} }) => Object.values(content));
    for (const { schema, examples } of body ? [body, ...media] : media) {
      expect(Object.keys(examples)).not.toEqual([]);
      for (const example of Object.values(examples)) {
        const { value } = contract.resolved<{ value: unknown }>(example);
        expect(contract.faultsIn(value, schema)).toEqual([]);
      }
    }
  });

  it('has a schema and an example for each parameter', () => {
    for (const given of operation.parameters) {
      const { name, schema } = contract.resolved(given);
      const known =
        schema && ('example' in schema || 'enum' in schema || 'default' in schema || 'description' in given);
      expect({ name, known: known ?? false }).toEqual({ name, known: true });
    }
  });
});

describeSchemas(document.components.schemas);

describe('the table of refusals', () => {
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts') && !name.includes('realtime'))
    .map((name) => readFileSync(join('src', name), 'utf8'));
  const thrown = sources.flatMap((text) => [
    ...text.matchAll(/(?:new DomainError|super)\(\s*'([a-z_]+)',\s*'([a-z_]+)'/g),
  ]);

  it('has each code that the source refuses with, and its status', () => {
    expect(thrown.length).toBeGreaterThan(15);
    for (const [, kind, code] of thrown) {
      const status = REFUSALS[code as keyof typeof REFUSALS]?.status as number | undefined;
      expect({ code, status }).toEqual({ code, status: STATUS_OF[kind as ErrorKind] });
    }
  });
});

describe('the judge of answers', () => {
  const judge = new Contract(document);
  const room = '/api/v1/rooms/0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11';
  const answer = { method: 'GET', path: room, contentType: 'application/problem+json' };
  const problem = (code: string, status: number) => ({
    ...{ type: 'urn:x', title: 'X', status, detail: 'X.', code, requestId: 'x' },
  });

  it('lets pass what is documented', () => {
    expect(judge.faultsOf({ ...answer, status: 404, body: problem('not_found', 404) })).toEqual([]);
  });

  it.each([
    ['a status', { ...answer, status: 418, body: problem('teapot', 418) }, 'not documented to answer 418'],
    ['a code', { ...answer, status: 404, body: problem('lost', 404) }, 'not documented to refuse with lost'],
    ['a type', { ...answer, status: 404, contentType: 'text/html', body: '' }, 'not documented to be text/html'],
    ['a body', { ...answer, status: 200, contentType: 'application/json', body: { id: 1 } }, 'must be string'],
    ['a missing field', { ...answer, status: 404, body: { code: 'not_found' } }, 'required property'],
  ])('finds %s that is not', (_, given, fault) => {
    expect(judge.faultsOf(given).join('\n')).toContain(fault);
  });
});

const parameterNames = ({ parameters }: Operation): (string | undefined)[] =>
  parameters.map((parameter) => contract.resolved(parameter).name);

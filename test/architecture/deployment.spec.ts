import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import addFormatsModule from 'ajv-formats';
import { validate } from 'dockerfile-utils';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parse } from 'yaml';

/** The schema of the Compose specification, as the Compose linter carries it. */
const SCHEMA = 'node_modules/dclint/schemas/compose.schema.json';

interface Service {
  image: string;
  build?: unknown;
  command?: string[];
  environment?: Record<string, string>;
  ports?: string[];
  volumes?: string[];
  healthcheck: { test?: string[]; disable?: boolean };
  depends_on?: Record<string, { condition: string }>;
  develop?: { watch: unknown[] };
  profiles?: string[];
  deploy?: { replicas: string };
}
interface Compose {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
  configs: { proxy: { file: string } };
}

const composeText = readFileSync('docker-compose.yml', 'utf8');
const compose = parse(composeText, { merge: true }) as Compose;
const services = Object.entries(compose.services);

describe('docker-compose.yml', () => {
  const fits = composeSchema();

  it('fits the published schema of the Compose specification', () => {
    expect(fits(compose)).toEqual([]);
  });

  it('would not fit with a setting that Compose does not know', () => {
    const api = { ...compose.services.api, healthchek: {} };
    expect(fits({ ...compose, services: { ...compose.services, api } })).not.toEqual([]);
  });

  it('has the services of one installation', () => {
    expect(Object.keys(compose.services).sort()).toEqual([
      ...[
        'adminer',
        'api',
        'api-replica',
        'db',
        'grafana',
        'mail',
        'migrate',
        'prometheus',
        'proxy',
        'redis',
        'worker',
      ],
      'worker-replica',
    ]);
    expect(compose.services.adminer?.ports).toEqual(['127.0.0.1:8080:8080']);
    expect(compose.services.api?.ports).toEqual(['${PORT:-8000}:8000']);
  });

  it('starts replicas and the proxy before them only when asked, each as the one of its role', () => {
    const asked = services.filter(([, { profiles }]) => profiles?.includes('scaled')).map(([name]) => name);
    expect(asked).toEqual(['api-replica', 'worker-replica', 'proxy']);
    for (const role of ['api', 'worker'] as const) {
      const { profiles, deploy, ...replica } = compose.services[`${role}-replica`]!;
      const { ports: _ports, develop: _develop, ...one } = compose.services[role]!;
      expect({ ...replica, environment: { ...replica.environment, TRUST_PROXY: undefined } }).toEqual({
        ...one,
        environment: { ...one.environment, TRUST_PROXY: undefined },
      });
      expect([profiles, deploy?.replicas]).toEqual([
        ['scaled'],
        `\${${role.toUpperCase()}_REPLICAS:-${role === 'api' ? 2 : 1}}`,
      ]);
    }
    expect(compose.services['api-replica']?.environment?.TRUST_PROXY).toBe('1');
    const { file } = compose.configs.proxy;
    expect(readFileSync(file, 'utf8')).toContain('server api-replica:8000 ');
  });

  it('publishes nothing but the API beyond this machine', () => {
    const published = services
      .filter(([name]) => !['api', 'proxy'].includes(name))
      .flatMap(([, { ports = [] }]) => ports);
    for (const port of published) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  it.each(services)('gives %s a version and a health check', (name, service) => {
    expect(service.image).toMatch(service.build ? /^chatapi$/ : /:v?\d/);
    if (name !== 'migrate') expect(service.healthcheck.test?.[0]).toMatch(/^CMD/);
  });

  it('starts each service when what it needs is ready, not merely started', () => {
    const needs = { db: 'service_healthy', redis: 'service_healthy', migrate: 'service_completed_successfully' };
    for (const name of ['api', 'worker'] as const) {
      const conditions = Object.entries(compose.services[name]?.depends_on ?? {}).map(([on, c]) => [on, c.condition]);
      expect(Object.fromEntries(conditions)).toEqual(needs);
      expect(compose.services[name]?.develop?.watch).not.toHaveLength(0);
    }
    expect(compose.services.migrate?.depends_on?.db?.condition).toBe('service_healthy');
  });

  it('keeps data in named volumes', () => {
    const used = services.flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')[0]));
    expect(used.sort()).toEqual(Object.keys(compose.volumes).sort());
  });

  it('holds no secret: each comes from the shell or .env', () => {
    for (const [, { environment = {} }] of services) {
      for (const [name, value] of Object.entries(environment)) {
        if (/SECRET|KEY|PASSWORD|TOKEN|DSN/.test(name)) expect(value).toMatch(/^\$\{[A-Z_]+:(\?.+|-)\}$/);
        expect(value).not.toMatch(/:\/\/[^/$]*:[^/$]*@/);
      }
    }
    for (const name of ['SECRET_KEY', 'ADMIN_KEY', 'POSTGRES_PASSWORD']) expect(composeText).toContain(`\${${name}:?`);
  });

  it('sets nothing that the service does not read', () => {
    const known = new Set([...readFileSync('.env.example', 'utf8').matchAll(/^(?:# )?([A-Z_]+)=/gm)].map(([, n]) => n));
    const set = ['api', 'worker', 'migrate'].flatMap((name) => Object.keys(compose.services[name]?.environment ?? {}));
    expect(set.filter((name) => !known.has(name))).toEqual([]);
  });
});

describe('Dockerfile', () => {
  const dockerfile = readFileSync('Dockerfile', 'utf8');
  const instructions = dockerfile
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
    .filter((line) => /^[A-Z]+ /.test(line));
  const stages = instructions.filter((line) => line.startsWith('FROM '));
  const final = instructions.slice(instructions.lastIndexOf(stages.at(-1)!));

  it('passes the linter', () => {
    expect(validate(dockerfile)).toEqual([]);
  });

  it('would not pass with a fault in it', () => {
    const [fault] = validate(dockerfile.replace('STOPSIGNAL SIGTERM', 'STOPSIGNL SIGTERM'));
    expect(fault?.message).toContain('STOPSIGNL');
  });

  it('builds in stages and ends in one without the build tools', () => {
    expect(stages.length).toBeGreaterThan(2);
    const copied = final.filter((line) => line.startsWith('COPY '));
    expect(copied).toContain('COPY --from=dependencies /app/node_modules ./node_modules');
    expect(copied.join('\n')).not.toMatch(/--from=build \/app\/node_modules|\.\/src/);
  });

  it('installs production dependencies only, and runs no install script', () => {
    expect(instructions.filter((line) => line.includes('npm ci --omit=dev --ignore-scripts'))).toHaveLength(1);
    expect(instructions.filter((line) => /npm (install|i) /.test(line))).toEqual([]);
  });

  it('runs as a numbered user who is not root', () => {
    const users = final.filter((line) => line.startsWith('USER '));
    expect(users.at(-1)).toMatch(/^USER [1-9]\d*:[1-9]\d*$/);
    const after = final.slice(final.indexOf(users.at(-1)!));
    expect(after.filter((line) => line.startsWith('RUN '))).toEqual([]);
  });

  it('adds nothing from elsewhere and holds no secret', () => {
    expect(instructions.filter((line) => line.startsWith('ADD '))).toEqual([]);
    expect(instructions.filter((line) => /^(ENV|ARG)\b.*(SECRET|PASSWORD|TOKEN|[A-Z]_KEY|_URL)/.test(line))).toEqual(
      [],
    );
    expect(instructions.filter((line) => /^COPY .*\.env/.test(line))).toEqual([]);
  });

  it('hands signals to node itself', () => {
    const [command, health] = [/^CMD (.+)$/, /^HEALTHCHECK .*CMD (.+)$/].map((form) =>
      final.map((line) => form.exec(line)?.[1]).find(Boolean),
    );
    expect(JSON.parse(command!)).toEqual(['node', '--enable-source-maps', 'dist/main.js']);
    expect(JSON.parse(health!)).toEqual(['node', 'deploy/healthcheck.mjs']);
    expect(final).toContain('STOPSIGNAL SIGTERM');
  });

  it('copies only what .dockerignore lets through', () => {
    const ignore = readFileSync('.dockerignore', 'utf8').split('\n');
    expect(ignore.find((line) => !line.startsWith('#'))).toBe('*');
    const letThrough = ignore.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    const copied = instructions
      .filter((line) => line.startsWith('COPY ') && !line.includes('--from'))
      .flatMap((line) => line.split(' ').slice(1, -1));
    expect([...new Set(copied)].sort()).toEqual(letThrough.sort());
    expect(letThrough.filter((path) => path.startsWith('.env'))).toEqual([]);
  });
});

describe('the health check of the container', () => {
  let server: Server;
  let status = 200;
  let asked: string | undefined;

  beforeAll(async () => {
    server = createServer((request, response) => {
      asked = request.url;
      response.writeHead(status).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => void server.close());

  const health = async (environment: Record<string, string>): Promise<unknown> => {
    const check = spawn(process.execPath, ['deploy/healthcheck.mjs'], { env: environment, stdio: 'inherit' });
    return (await once(check, 'exit'))[0];
  };
  const port = (): string => String((server.address() as AddressInfo).port);

  it('passes when the service says that it lives', async () => {
    status = 200;
    expect(await health({ PORT: port() })).toBe(0);
    expect(asked).toBe('/api/v1/utils/live');
  });

  it('fails when the service says that it does not', async () => {
    status = 503;
    expect(await health({ PORT: port() })).toBe(1);
  });

  it('fails when nobody answers', async () => {
    expect(await health({ PORT: '1' })).toBe(1);
  });

  it('passes for a worker, which serves no HTTP', async () => {
    expect(await health({ PORT: '1', ROLE: 'worker' })).toBe(0);
  });

  it('asks a worker at the port of its metrics, when it has one', async () => {
    status = 200;
    expect(await health({ PORT: '1', ROLE: 'worker', METRICS_PORT: port() })).toBe(0);
    expect(asked).toBe('/live');
    expect(await health({ PORT: port(), ROLE: 'worker', METRICS_PORT: '1' })).toBe(1);
  });
});

/** The faults of a Compose file. */
function composeSchema(): (file: unknown) => unknown[] {
  const schema = JSON.parse(readFileSync(SCHEMA, 'utf8')) as object;
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormatsModule.default(ajv);
  // Ajv knows the drafts by their http: names.
  const check = ajv.compile({ ...schema, $schema: 'http://json-schema.org/draft-07/schema#' });
  return (file) => (check(file) ? [] : (check.errors ?? []));
}

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { Deployment } from 'kubernetes-models/apps/v1';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import { Job } from 'kubernetes-models/batch/v1';
import { Ingress, NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { Namespace, Service } from 'kubernetes-models/v1';
import ts from 'typescript';
import { parse, parseAllDocuments } from 'yaml';
import { readEnv } from '../../src/config/index.js';

const NODE_NEXT = { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext };
const SECRETS = {
  DATABASE_URL: 'postgres://db/chatapi',
  REDIS_URL: 'redis://redis',
  SECRET_KEY: 'x'.repeat(40),
  ADMIN_KEY: 'y'.repeat(40),
};
const FOLDER = 'deploy/kubernetes';
const read = (file: string): string => readFileSync(`${FOLDER}/${file}`, 'utf8');
const kustomization = parse(read('kustomization.yaml')) as {
  resources: string[];
  configMapGenerator: { name: string; envs: string[] }[];
  secretGenerator: { name: string; envs: string[] }[];
};

interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly envFrom: readonly Readonly<Record<string, { readonly name: string }>>[];
  readonly securityContext: object;
  readonly resources: { readonly limits: Readonly<Record<string, string>> };
}
interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what is in it is checked against the schemas
  readonly spec: any;
}

/** Where each kind's schema is: the classes check what is required and of which form, the types what is unknown. */
const KINDS = {
  'apps/v1 Deployment': Deployment,
  'autoscaling/v2 HorizontalPodAutoscaler': HorizontalPodAutoscaler,
  'batch/v1 Job': Job,
  'networking.k8s.io/v1 Ingress': Ingress,
  'networking.k8s.io/v1 NetworkPolicy': NetworkPolicy,
  'policy/v1 PodDisruptionBudget': PodDisruptionBudget,
  'v1 Namespace': Namespace,
  'v1 Service': Service,
};
const kindOf = ({ apiVersion, kind }: Manifest) => `${apiVersion} ${kind}` as keyof typeof KINDS;

const manifests = kustomization.resources.flatMap((file) =>
  parseAllDocuments(read(file)).map((document) => document.toJS() as Manifest),
);
const of = (kind: string): Manifest[] => manifests.filter((manifest) => manifest.kind === kind);
const named = (kind: string, name: string): Manifest => {
  const found = of(kind).find(({ metadata }) => metadata.name === name);
  if (!found) throw new Error(`No ${kind} ${name}`);
  return found;
};
const podsOf = ({ spec }: Manifest): { metadata: { labels: object }; spec: { containers: Container[] } } =>
  (spec as { template: { metadata: { labels: object }; spec: { containers: Container[] } } }).template;
const settings = Object.fromEntries(
  read('settings.env')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]),
);

describe('deploy/kubernetes', () => {
  it.each(manifests.map((manifest) => [`${manifest.kind} ${manifest.metadata.name}`, manifest] as const))(
    '%s fits the schema of Kubernetes',
    (_name, manifest) => {
      const Model = KINDS[kindOf(manifest)];
      expect(() => new Model(manifest as never).validate()).not.toThrow();
    },
  );

  it('has no field that Kubernetes does not know, but the one that is misspelt here', () => {
    const misspelt = structuredClone(named('Deployment', 'chatapi-api'));
    misspelt.spec.template.spec = { ...podsOf(misspelt).spec, terminationGracePeriod: 60 };

    const faults = unknownFields([...manifests, misspelt]);

    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain('terminationGracePeriod');
  }, 60_000);

  it('would not fit with a value of another form', () => {
    const service = structuredClone(named('Service', 'chatapi'));
    (service.spec as { ports: { port: unknown }[] }).ports[0]!.port = 'http';
    expect(() => new Service(service as never).validate()).toThrow(/port/);
  });

  it('lists every file, and holds no secret', () => {
    const generators = [...kustomization.configMapGenerator, ...kustomization.secretGenerator];
    const files = ['kustomization.yaml', ...kustomization.resources, ...generators.flatMap(({ envs }) => envs)];
    expect([...new Set([...readdirSync(FOLDER), 'secrets.env'])].sort()).toEqual([...new Set(files)].sort());
    expect(readFileSync('.gitignore', 'utf8')).toContain(`${FOLDER}/secrets.env`);
    expect(Object.keys(settings).filter((name) => /SECRET|KEY|PASSWORD|TOKEN|DSN|_URL$/.test(name))).toEqual([
      'PUBLIC_URL',
    ]);
  });

  it('has settings that the service takes', () => {
    for (const ROLE of ['api', 'worker']) expect(() => readEnv({ ...settings, ...SECRETS, ROLE })).not.toThrow();
    const known = new Set([...readFileSync('.env.example', 'utf8').matchAll(/^(?:# )?([A-Z_]+)=/gm)].map(([, n]) => n));
    expect(Object.keys(settings).filter((name) => !known.has(name))).toEqual([]);
  });

  it.each(['chatapi-api', 'chatapi-worker'])('%s is selected, scaled and protected by what names it', (name) => {
    const deployment = named('Deployment', name);
    const labels = podsOf(deployment).metadata.labels;
    expect(deployment.spec.selector.matchLabels).toEqual(labels);
    expect(named('PodDisruptionBudget', name).spec.selector.matchLabels).toEqual(labels);
    expect(named('HorizontalPodAutoscaler', name).spec.scaleTargetRef).toMatchObject({ kind: 'Deployment', name });
    expect(deployment.spec.replicas).toBeUndefined();
  });

  it('sends callers to the API alone', () => {
    expect(named('Service', 'chatapi').spec.selector).toEqual(
      podsOf(named('Deployment', 'chatapi-api')).metadata.labels,
    );
  });

  it.each([...of('Deployment'), ...of('Job')].map((manifest) => [manifest.metadata.name, manifest] as const))(
    '%s runs as nobody who matters, on settings and secrets, within limits',
    (_name, manifest) => {
      const { spec } = podsOf(manifest);
      expect(spec).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
      });
      for (const container of spec.containers) {
        expect(container.securityContext).toEqual({
          ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
        });
        expect(container.envFrom).toEqual([
          { configMapRef: { name: kustomization.configMapGenerator[0]?.name } },
          { secretRef: { name: kustomization.secretGenerator[0]?.name } },
        ]);
        expect(container.resources.limits).toHaveProperty('memory');
      }
    },
  );

  it('gives a stopping pod time to linger and drain', () => {
    const { DRAIN_SECONDS, LINGER_SECONDS } = readEnv({ ...settings, ...SECRETS });
    for (const { spec } of of('Deployment'))
      expect(spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThan(DRAIN_SECONDS + 2 * LINGER_SECONDS);
  });

  it('scrapes and probes the port that the settings name', () => {
    for (const deployment of of('Deployment'))
      expect(podsOf(deployment).spec.containers[0]).toMatchObject({
        ports: expect.arrayContaining([{ name: 'metrics', containerPort: Number(settings.METRICS_PORT) }]),
      });
    expect(podsOf(named('Deployment', 'chatapi-worker')).spec.containers[0]).toMatchObject({
      livenessProbe: { httpGet: { path: '/live', port: 'metrics' } },
    });
  });

  it('asks for addresses and a measure that the service has', () => {
    const { startupProbe, livenessProbe, readinessProbe } = podsOf(named('Deployment', 'chatapi-api')).spec
      .containers[0] as unknown as Record<string, { httpGet: { path: string } }>;
    const paths = Object.keys((JSON.parse(readFileSync('docs/openapi.json', 'utf8')) as { paths: object }).paths);
    for (const probe of [startupProbe, livenessProbe, readinessProbe]) expect(paths).toContain(probe?.httpGet.path);
    const [{ external }] = named('HorizontalPodAutoscaler', 'chatapi-worker').spec.metrics as [
      { external: { metric: { name: string } } },
    ];
    expect(readFileSync('docs/monitoring.md', 'utf8')).toContain(`\`${external.metric.name}\``);
    expect(podsOf(named('Job', 'chatapi-migrate')).spec.containers[0]?.command).toEqual([
      'node',
      (JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: { migrate: string } }).scripts.migrate
        .split(' ')
        .at(-1),
    ]);
  });
});

/** The compiler's complaints about manifests as literals of Kubernetes' types: of what a type does not know above all. */
function unknownFields(all: readonly Manifest[]): string[] {
  const file = `${process.cwd()}/manifests.ts`;
  const literals = all.map((manifest) => {
    const [version, kind] = kindOf(manifest).split(' ') as [string, string];
    const type = `import('kubernetes-models/${version}').I${kind}`;
    return `export const one${all.indexOf(manifest)}: ${type} = ${JSON.stringify(manifest)};`;
  });
  const options: ts.CompilerOptions = { strict: true, noEmit: true, skipLibCheck: true, types: [], ...NODE_NEXT };
  const host = ts.createCompilerHost(options);
  const getSourceFile = host.getSourceFile.bind(host);
  const fileExists = host.fileExists.bind(host);
  host.fileExists = (name) => name === file || fileExists(name);
  host.getSourceFile = (name, ...rest) =>
    name === file
      ? ts.createSourceFile(name, literals.join('\n'), ts.ScriptTarget.ES2022)
      : getSourceFile(name, ...rest);
  return ts
    .getPreEmitDiagnostics(ts.createProgram([file], options, host))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}

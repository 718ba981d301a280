import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { documentedMetrics } from '../support/documented-metrics.js';
import { promql } from '../support/promql.js';

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook: string };
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: { readonly type: string; readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly fieldConfig?: { readonly defaults: { readonly unit: string } };
  readonly targets?: readonly { readonly refId: string; readonly expr: string; readonly legendFormat: string }[];
}

interface Dashboard {
  readonly uid: string;
  readonly schemaVersion: number;
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string }[] };
  readonly panels: readonly Panel[];
}

const page = readFileSync('docs/monitoring.md', 'utf8');
const rules = parse(readFileSync('deploy/monitoring/alerts.yml', 'utf8')) as {
  groups: { name: string; rules: Alert[] }[];
};
const alerts = rules.groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(readFileSync('deploy/monitoring/dashboard.json', 'utf8')) as Dashboard;
const panels = dashboard.panels.filter(({ type }) => type !== 'row');
const queries = panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const));

/** What Prometheus adds to everything that it scrapes. */
const OF_PROMETHEUS = ['job', 'instance'];
const SUFFIXES = { counter: [''], gauge: [''], histogram: ['_bucket', '_sum', '_count'] };
/** Names as they are scraped, with their labels. */
const scraped = new Map(
  documentedMetrics().flatMap(({ name, type, labels }) =>
    SUFFIXES[type as keyof typeof SUFFIXES].map((suffix) => [
      `${name}${suffix}`,
      [...labels.split(', '), ...(suffix === '_bucket' ? ['le'] : []), ...OF_PROMETHEUS],
    ]),
  ),
);
scraped.set('up', OF_PROMETHEUS);

/** What an expression asks for that nobody says. */
function faultsOf(expression: string): string[] {
  const { selectors, grouping } = promql(expression);
  const unknown = selectors.filter(({ metric }) => !scraped.has(metric)).map(({ metric }) => `no metric ${metric}`);
  const labels = selectors.flatMap(({ metric, labels: asked }) =>
    asked.filter((label) => !scraped.get(metric)?.includes(label)).map((label) => `${metric} has no label ${label}`),
  );
  const grouped = grouping.filter(({ label, metrics }) => !metrics.every((one) => scraped.get(one)?.includes(label)));
  return [...unknown, ...labels, ...grouped.map(({ label }) => `nothing to group by ${label}`)];
}

describe('the alert rules', () => {
  it('are what Prometheus reads: groups of rules, each under one name', () => {
    expect(Object.keys(rules)).toEqual(['groups']);
    for (const { name, rules: own } of rules.groups) expect([name, own.length > 0]).toEqual([name, true]);
    expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length);
    for (const rule of alerts) {
      const known = ['alert', 'expr', 'for', 'labels', 'annotations'];
      expect(Object.keys(rule).filter((key) => !known.includes(key))).toEqual([]);
      expect(rule.for ?? '0m').toMatch(/^\d+[smh]$/);
      expect(rule.labels.severity).toMatch(/^(critical|warning)$/);
      expect(rule.annotations.summary).toMatch(/.{10,}/);
    }
  });

  it.each(alerts.map((rule) => [rule.alert, rule] as const))('%s asks for what is there, in PromQL', (_name, rule) => {
    expect(faultsOf(rule.expr)).toEqual([]);
    const named = [...rule.annotations.summary.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label!);
    const has = promql(rule.expr).selectors.flatMap(({ metric }) => scraped.get(metric) ?? []);
    expect(named.filter((label) => !has.includes(label))).toEqual([]);
  });

  it.each(alerts.map((rule) => [rule.alert, rule] as const))('%s has a section that says what to do', (name, rule) => {
    expect(rule.annotations.runbook).toBe(`docs/monitoring.md#${name.toLowerCase()}`);
    const [, section = ''] = page.split(`\n#### ${name}\n`);
    const [text = ''] = section.split('\n#');
    expect(text).toMatch(/\*\*Look at\*\* .{20,}/s);
    expect(text).toMatch(/\*\*Do\*\* .{20,}/s);
  });

  it('have no section of an alert that is gone', () => {
    const sections = [...page.matchAll(/^#### (\w+)$/gm)].map(([, name]) => name);
    expect(sections.sort()).toEqual(alerts.map(({ alert }) => alert).sort());
  });
});

describe('the dashboard', () => {
  it('has the shape that Grafana documents', () => {
    expect(dashboard).toMatchObject({ uid: 'chatapi', title: 'ChatAPI', templating: { list: expect.any(Array) } });
    expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(36);
    expect(dashboard).not.toHaveProperty('id'); // Grafana gives it one
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { title, type, description, datasource, fieldConfig, targets = [] } of panels) {
      expect(`${title}: ${type} ${description}`).toMatch(/: (timeseries|stat) .{5,}/);
      expect(datasource).toEqual({ type: 'prometheus', uid: '${datasource}' });
      expect(fieldConfig?.defaults.unit).toBeTruthy();
      expect(targets.length).toBeGreaterThan(0);
      expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
    }
  });

  it('has panels within its 24 columns, none over another', () => {
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) => {
      expect([x >= 0, w > 0, h > 0, x + w <= 24]).toEqual([true, true, true, true]);
      return Array.from({ length: w * h }, (_, n) => `${x + (n % w)},${y + Math.floor(n / w)}`);
    });
    expect(new Set(cells).size).toBe(cells.length);
  });

  it('has the variables that its queries name', () => {
    const named = JSON.stringify(dashboard).matchAll(/\$\{?(?!__)([a-z]\w*)/g);
    const known = dashboard.templating.list.map(({ name }) => name);
    expect([...new Set([...named].map(([, name]) => name!))].sort()).toEqual(known.sort());
  });

  it.each(queries)('%s asks for what is there, in PromQL: %s', (_title, expr) => {
    expect(faultsOf(expr)).toEqual([]);
  });

  it('shows every metric of ours', () => {
    const asked = queries.flatMap(([, expr]) => promql(expr).selectors.map(({ metric }) => metric));
    const shown = documentedMetrics().filter(({ name, type }) =>
      SUFFIXES[type as keyof typeof SUFFIXES].some((suffix) => asked.includes(`${name}${suffix}`)),
    );
    const all = documentedMetrics().map(({ name }) => name);
    expect(all.filter((name) => !shown.some((metric) => metric.name === name) && name !== 'chatapi_info')).toEqual([]);
  });
});

describe('what checks them', () => {
  it.each([
    ['sum(rate(chatapi_sockets[5m])', 'Not PromQL'],
    ['chatapi_socket', 'no metric chatapi_socket'],
    ['chatapi_sockets{kind="raw"}', 'chatapi_sockets has no label kind'],
    ['sum by (kind) (chatapi_sockets)', 'nothing to group by kind'],
    ['chatapi_http_request_seconds', 'no metric chatapi_http_request_seconds'],
  ])('finds what is wrong with %s', (expression, fault) => {
    let found: string;
    try {
      found = faultsOf(expression).join();
    } catch (error) {
      found = String(error);
    }
    expect(found).toContain(fault);
  });
});

describe('the scrape configuration', () => {
  it('brings the key from a file, to the processes that Compose starts', () => {
    const text = readFileSync('deploy/monitoring/prometheus.yml', 'utf8');
    const { scrape_configs: jobs } = parse(text) as {
      scrape_configs: {
        job_name: string;
        authorization: object;
        dns_sd_configs: { names: string[]; port: number }[];
      }[];
    };
    const compose = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true }) as {
      services: Record<string, { environment?: Record<string, string>; configs?: { target: string }[] }>;
    };
    expect(jobs).toHaveLength(1);
    const [job] = jobs;
    expect(job).toMatchObject({
      job_name: 'chatapi',
      authorization: { type: 'Bearer', credentials_file: '/run/secrets/admin_key' },
    });
    const [found] = job?.dns_sd_configs ?? [];
    for (const name of found?.names ?? [])
      expect(compose.services[name]?.environment?.METRICS_PORT).toBe(String(found?.port));
    const targets = compose.services.prometheus?.configs?.map(({ target }) => target);
    expect(targets).toEqual(['/etc/prometheus/prometheus.yml', '/etc/prometheus/alerts.yml']);
  });
});

import { readFileSync } from 'node:fs';
import type { Registry } from 'prom-client';

export interface DocumentedMetric {
  readonly name: string;
  readonly type: string;
  readonly labels: string;
}

const ROW = /^\| `([a-z][a-z0-9_]+)` +\| (counter|gauge|histogram) +\| (.*?) *\|/gm;

/** The metrics that docs/monitoring.md lists, in the order of their names. */
export function documentedMetrics(): DocumentedMetric[] {
  const page = readFileSync('docs/monitoring.md', 'utf8');
  return [...page.matchAll(ROW)]
    .map(([, name = '', type = '', labels = '']) => ({
      ...{ name, type },
      labels: labels === '–' ? '' : labels.replaceAll('`', ''),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** As the exposition says it, which is what a scraper sees. */
export function typeOfMetric(registry: Registry, name: string): string | undefined {
  const metric = registry.getSingleMetric(name);
  return metric && { Counter: 'counter', Gauge: 'gauge', Histogram: 'histogram' }[metric.constructor.name];
}
